#pragma once
// Runs a list of trials, whatever happens to each, and says at the end what became of them. On one rank one after the other;
// on many, groups of ranks each take the next longest one that is left.

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
  std::string name() const;  ///< "dropout/relu, smoke, seed 1"
};

struct Spread {
  int ranks_per_trial = 0;  ///< 0: all ranks for one run, one rank each for as many runs as ranks or more
  double watchdog_seconds = 600;
};

/// One failing run does not stop the others; a signal or the time limit (of the whole list) does. Collective over the session.
/// Returns, on all ranks, kDone, kFailed if any run failed, kBadInput if input was all that was wrong, kStoppedEarly. A rank that
/// fails alone (an error that the others of its team did not meet) ends the whole job: this does not return.
int run_all(const std::vector<PlannedRun>& runs, const runs::RunOptions& options, ranks::Session& session, const Spread& spread);

/// Groups of ranks for so many runs: how many there are.
int group_count(int ranks, std::size_t runs, int ranks_per_trial);

}  // namespace reprise::command
