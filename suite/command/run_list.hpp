#pragma once
// Runs a list of trials and prints their outcomes at the end. On one rank, runs follow one another; on several, each group of ranks takes
// the longest run that is left.

#include <cstdint>
#include <string>
#include <vector>

#include "suite/ranks/session.hpp"
#include "suite/recipes/recipe.hpp"
#include "suite/runs/run_trial.hpp"

namespace reprise::command {

struct PlannedRun {
  recipes::Recipe recipe;
  std::int64_t seed = 1;
  std::string variant = {};  ///< what tells it from other runs of its trial: "model.width=64"
  std::string name() const;  ///< "dropout/relu, smoke, seed 1", "dropout/relu, smoke, model.width=64, seed 1"
};

struct Spread {
  int ranks_per_trial = 0;  ///< 0: ranks divided by runs, but at least one
  double watchdog_seconds = 600;
};

/// One failing run does not stop the others; a signal or the time limit (of the whole list) does. Collective over the session.
/// Returns on all ranks: kStoppedEarly if a run was stopped, else kFailed if any run failed, else kBadInput if any had bad input, else
/// kDone. Does not return if a rank fails alone (with an error that the others of its team did not meet): that ends the whole job.
int run_all(const std::vector<PlannedRun>& runs, const runs::RunOptions& options, ranks::Session& session, const Spread& spread);

/// Number of rank groups for `runs` runs.
int group_count(int ranks, std::size_t runs, int ranks_per_trial);

}  // namespace reprise::command
