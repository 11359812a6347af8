#pragma once
// `reprise run --until-decided`: adds seeds to the claims and published numbers that are undecided, look by look.

#include "suite/command/run_list.hpp"
#include "suite/command/target.hpp"
#include "suite/ranks/session.hpp"
#include "suite/runs/run_trial.hpp"

namespace reprise::command {

struct SeedLimits {
  int max_seeds = 20;
  double budget_seconds = 0;  ///< of this call; 0: none
  bool dry_run = false;       ///< prints the list and runs nothing
};

/// Throws InputError for scale smoke and for a target without anything to decide. Looks at the results in options.out, runs what the next
/// looks lack (seed_schedule.hpp), and so on until nothing is open or nothing that is open fits the budget; prints the list before and
/// after. A run that fails closes the questions that need it. Rank 0 decides for all. Collective; returns as run_all does.
int run_until_decided(const RecipeFlags& flags, const SeedLimits& limits, const runs::RunOptions& options, ranks::Session& session,
                      const Spread& spread);

}  // namespace reprise::command
