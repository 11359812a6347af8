#pragma once
// What claims compare: a trial, a trial seen through an evaluation at the end of its runs, an ensemble.

#include <string>
#include <vector>

#include "suite/catalog/catalog.hpp"

namespace reprise::catalog {

/// A side of a claim, a member of an ensemble, a point of a figure: "d" is a trial or an ensemble; "d@dense" the trial's runs as their
/// evaluation `dense` sees them.
struct Side {
  std::string name;
  std::string evaluation{};  ///< empty: the last evaluation of the history

  static Side parse(const std::string& text);
  std::string text() const;
};

struct RunsOfTrial {
  std::string trial;
  std::int64_t per_seed = 1;  ///< runs of it that one seed of a side takes
};

/// The runs that a side is made of: of one trial, or of each member of an ensemble as many as it averages.
std::vector<RunsOfTrial> runs_behind(const Paper& paper, const std::string& side);

/// The trials that must be run for a side, each once.
std::vector<std::string> trials_behind(const Paper& paper, const std::string& side);

/// What is wrong with a side at these scales (empty: at any of its trials'); "" if nothing is: its trial or ensemble exists there, and so
/// does its evaluation.
std::string fault_of_side(const Paper& paper, const std::string& side, const std::vector<std::string>& scales);

/// The data set that runs of a recipe are tested on, at the end of training or through an evaluation or probe: its name, "surrogate classes
/// of NAME" where classes are made from its images.
std::string tested_on(const recipes::Recipe& recipe, const std::string& evaluation = "");

}  // namespace reprise::catalog
