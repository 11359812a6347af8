#pragma once
// Runs one trial with one seed from data to result file, and forecasts what that will cost.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "suite/ranks/team.hpp"
#include "suite/recipes/recipe.hpp"
#include "suite/training/learner.hpp"

namespace reprise::runs {

/// What decides where and how a run is done, never what comes out.
struct RunOptions {
  std::filesystem::path data;  ///< data directory; see datasets::data_directory
  std::filesystem::path out = "results";
  int threads = 0;                                          ///< 0: one per core this process may use
  double time_limit_seconds = 0;                            ///< 0: none; near it the run writes a checkpoint and stops early
  double min_seconds_between_checkpoints = 30;              ///< lengthened so that they cost under 2 % of the time
  bool force = false;                                       ///< run again although a finished result is there
  bool keep_weights = false;                                ///< store final weights in /weights
  ranks::Team* team = nullptr;                              ///< ranks that run it together; null: this process alone
  std::function<void(const training::Progress&)> progress;  ///< called from the training thread after every step; may be empty
  std::function<void(const std::string&)> note;  ///< what the user should know of but need not act on; on the root alone; may be empty
};

struct RunSummary {
  enum class Outcome { finished, already_there, stopped_early, stopped_at_start } outcome = Outcome::finished;
  std::filesystem::path file;  ///< result file, or checkpoint when stopped early; empty when stopped at the start, before the first step
  std::string run_id;
  double test_error_percent = 0;  ///< when finished and the task has labels
  double wall_seconds = 0;
};

/// Throws InputError for bad data or recipe, RunError for a non-finite loss, a full disk, output that cannot be written: on all
/// ranks of the team alike. Collective over the team; the root writes the files.
RunSummary run_trial(const recipes::Recipe& recipe, std::int64_t seed, const RunOptions& options);

/// Asks running trials to write a checkpoint and stop; safe in a signal handler.
void request_stop();

/// hash of recipe, data digest, seed and code version: 16 hex digits.
std::string run_id(const recipes::Recipe& recipe, std::int64_t seed, const std::string& data_digest);

struct Forecast {
  double seconds =
      0;  ///< of training and evaluation, from timed steps; NaN: nothing was timed, a Hebbian net takes over half of the memory
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
