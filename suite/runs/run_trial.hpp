#pragma once
// Runs one trial with one seed from data to result file.

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
  int threads = 0;                              ///< 0: one per core this process may use
  double time_limit_seconds = 0;                ///< 0: none; near it the run writes a checkpoint and stops early
  double min_seconds_between_checkpoints = 30;  ///< lengthened so that they cost under 2 % of the time
  bool force = false;                           ///< run again although a finished result is there
  bool keep_weights = false;                    ///< store final weights in /weights
  /// Others need this run's weights: they are kept, a result without them or a damaged one counts as none, and a process that is at
  /// the run already is waited for.
  bool gives_weights = false;
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

/// Beside the result, RUN.jsonl tells of the run while it goes on (run_stream.hpp).
/// Throws InputError for bad data or recipe, DivergenceError for a non-finite loss, RunError for a full disk or output that cannot be
/// written: on all ranks of the team alike. Collective over the team; the root writes the files. A run that diverged leaves a result file
/// that says so, and is not repeated unless forced: the same error is thrown at once.
RunSummary run_trial(const recipes::Recipe& recipe, std::int64_t seed, const RunOptions& options);

/// A text in checkpoints of runs that began with --force: the build.
inline constexpr const char* kForced = "forced";

/// Asks running trials to write a checkpoint and stop; safe in a signal handler.
void request_stop();

/// hash of recipe, data digest, seed and code version: 16 hex digits.
std::string run_id(const recipes::Recipe& recipe, std::int64_t seed, const std::string& data_digest);

}  // namespace reprise::runs
