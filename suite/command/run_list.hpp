#pragma once
// Runs a list of trials one after the other, whatever happens to each, and says at the end what became of them.

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/runner.hpp"
#include "suite/training/recipe.hpp"

namespace reprise::command {

struct PlannedRun {
  training::Recipe recipe;
  std::int64_t seed = 1;
  std::string name() const;  ///< "dropout/relu, smoke, seed 1"
};

/// One failing run does not stop the others; a signal or the time limit (of the whole list) does.
/// Returns kDone, kFailed if any run failed, kBadInput if input was all that was wrong, kStoppedEarly.
int run_all(const std::vector<PlannedRun>& runs, const experiments::RunOptions& options);

}  // namespace reprise::command
