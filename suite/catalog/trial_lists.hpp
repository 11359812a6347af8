#pragma once
// Trials that an experiment.toml names for a purpose.
//
// [demo]: what ./reproduce runs on data that every machine has. It lists `trials`, and may give `set` (settings as of --set), `scale`
// (else desk) and `seeds` (else 2).
//
// [[one_answer]]: what is trained on many layouts of ranks and threads, which must not change a bit. Each names a `trial` and may give
// `set`. A paper without one is tried with its first trial that has a smoke scale.

#include <string>
#include <vector>

#include "suite/catalog/catalog.hpp"

namespace reprise::catalog {

struct DemoEntry {
  std::string paper, trial, scale;
  int seeds = 1;
  std::vector<Override> overrides;  ///< the data set first, then the paper's own
};

/// Throws InputError naming file, line and key; every row resolves to a recipe.
std::vector<DemoEntry> load_demo();

struct LayoutEntry {
  std::string paper, trial;
  std::vector<Override> overrides;
};

/// At smoke scale, at least one trial of each paper that has one there. Throws InputError as load_demo does.
std::vector<LayoutEntry> load_one_answer();

/// "key=value" as of --set. Throws InputError when there is no '='.
Override parse_override(const std::string& text);

}  // namespace reprise::catalog
