#pragma once
// Arguments of `show`, `plan` and `run`: PAPER or PAPER/TRIAL, a scale, overrides.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "suite/catalog/catalog.hpp"

namespace reprise::command {

struct Target {
  catalog::Paper paper;
  std::vector<std::string> trials;  ///< the named one, or all of the paper
  bool whole_paper = false;
};

/// Throws InputError with the nearest name for an unknown paper or trial.
Target find_target(const std::string& text);

/// Throws InputError that lists the scales.
void check_scale(const std::string& scale);

/// The flags that choose a recipe, shared by `plan` and `run`.
struct RecipeFlags {
  std::string target;
  std::string scale = "smoke";
  std::string precision;
  std::vector<std::string> settings;

  void declare(CLI::App& app);
  /// One recipe per trial; for a whole paper, of the trials that exist at the scale. Throws InputError.
  std::vector<recipes::Recipe> resolve() const;
};

}  // namespace reprise::command
