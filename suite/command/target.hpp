#pragma once
// Arguments of `show`, `plan` and `run`: papers and trials, a scale, overrides.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "suite/catalog/catalog.hpp"

namespace reprise::command {

struct Target {
  catalog::Paper paper;
  std::vector<std::string> trials;  ///< the named one, or all of the paper
  bool whole_paper = false;         ///< or a pattern: trials that do not exist at a scale are left out
};

/// Of PAPER or PAPER/TRIAL. Throws InputError with the nearest name for an unknown paper or trial.
Target find_target(const std::string& text);
/// Of any of these, or patterns with '*' and '?' ("*/allcnn-?", "wrn/*"): one a paper, each trial once, in the order of the catalog. Throws
/// InputError, also for a pattern that nothing matches.
std::vector<Target> find_targets(const std::vector<std::string>& texts);

/// Keeps the trials that reproduce a number of this table or figure of the paper ("Table 2"), or that this claim is about. Throws
/// InputError if none is left.
void keep_table(std::vector<Target>& targets, const std::string& source);
void keep_claim(std::vector<Target>& targets, const std::string& id);

/// The values of a setting, which commas separate ("64,128"); not those inside brackets, braces or quotes. Throws InputError for an empty
/// one.
std::vector<std::string> swept_values(const std::string& key, const std::string& value);

/// Throws InputError that lists the scales.
void check_scale(const std::string& scale);

/// A recipe that the flags chose, and what tells it from others of the same trial: "model.width=64", or "".
struct Chosen {
  recipes::Recipe recipe;
  std::string variant;
  std::string name() const;  ///< "dropout/relu", "dropout/relu, model.width=64"
};

/// The flags that choose recipes, shared by `plan` and `run`.
struct RecipeFlags {
  std::vector<std::string> targets;
  std::string table, claim;
  std::string scale = "smoke";
  std::string precision;
  std::vector<std::string> settings;

  void declare(CLI::App& app);
  /// One recipe for each trial and each combination of swept settings; of whole papers and patterns, for the trials that exist at the
  /// scale. Throws InputError.
  std::vector<Chosen> resolve() const;
};

}  // namespace reprise::command
