#pragma once
// What a run will cost, from steps of the very net on made-up samples, or some waves of their shards, timed for about a second.

#include <cstdint>

#include "suite/recipes/recipe.hpp"

namespace reprise::runs {

struct Forecast {
  /// Of training and evaluation, from timed steps. NaN: nothing was timed, since a Hebbian net takes over half of the memory.
  double seconds = 0;
  std::int64_t memory_bytes = 0;  ///< resident, data set included
  std::int64_t disk_bytes = 0;
  std::int64_t exchanged_bytes_per_step = 0;  ///< sent by each of many nodes at most; nothing is on one
  std::int64_t steps = 0;
  double training_flops = 0;  ///< whole run
  std::int64_t parameters = 0;
};

/// What can be counted without running anything: all but seconds and memory_bytes, which stay 0.
Forecast count_costs(const recipes::Recipe& recipe);

/// Seconds of one training step on made-up samples, the least of half a second's. Throws InputError for procedure "hebbian".
double step_seconds(const recipes::Recipe& recipe, int threads);

/// Nothing is run but this very net's steps on made-up samples, about half a second of each kind.
Forecast forecast(const recipes::Recipe& recipe, int threads);

}  // namespace reprise::runs
