#pragma once
// What a run says of itself while it goes on: JSON lines beside its result, RUN.jsonl, for people and programs that watch. Nothing that
// decides a number reads it.
//
//   {"event":"start","paper":…,"trial":…,"scale":…,"seed":…,"run":…,"host":…,"pid":…,"utc":…,"step":…,"steps":…,"ranks":…,"threads":…,
//    "answer_version":…,"recipe":…}       at the start and after each restart, which goes on after step `step`: later steps are void
//   {"step":…,"epoch":…,"loss":…,"rate":…,"images_per_second":…,"share":…,"seconds_left":…,"phase":…}   see seconds_between_steps(); the
//   loss
//                                          is the mean over the steps since the last such line
//   {"event":"evaluation","step":…,"epoch":…,"test_error":…,…}      one number for each metric
//   {"event":"finished"|"stopped"|"diverged"|"failed","utc":…,"message":…}

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "suite/training/learner.hpp"

namespace reprise::runs {

struct StreamStart {
  std::string paper, trial, scale, run_id, host, utc, recipe_toml;
  std::int64_t seed = 0, pid = 0, step = 0, steps = 0;
  int ranks = 1, threads = 1, answer_version = 0;
};

/// Seconds from one line of a step to the next: a quarter at first, ten after some hours, so that a day's stream has about a megabyte.
double seconds_between_steps(double seconds_so_far);

/// Writes; what cannot be written (a full disk) is left away: the run goes on.
class RunStream {
 public:
  /// Goes on with a file that is there. Nothing is written before start().
  explicit RunStream(std::filesystem::path path);
  ~RunStream();
  RunStream(const RunStream&) = delete;
  RunStream& operator=(const RunStream&) = delete;

  /// The start of a run that is not `continued` begins the file anew.
  void start(const StreamStart& start, bool continued);
  /// May be called after every step.
  void step(const training::Progress& progress);
  void evaluation(const training::EvaluatedRow& row);
  /// "finished", "stopped", "diverged" or "failed".
  void end(const std::string& event, const std::string& message = "");

 private:
  void write(const std::string& line);

  std::filesystem::path path_;
  int file_ = -1;
  double begun_ = 0, next_ = 0, loss_sum_ = 0;
  std::int64_t losses_ = 0;
};

struct StreamStep {
  std::int64_t step = 0;
  double epoch = 0, loss = 0, rate = 0, share = 0, seconds_left = 0;  ///< loss, rate: NaN where there is none
  std::string phase;
};

struct StreamEvaluation {
  std::int64_t step = 0;
  double epoch = 0;
  std::map<std::string, double> metrics;
};

/// A stream as it was read; a last line that is being written is left away, and lines that are none are skipped.
struct StreamContent {
  std::optional<StreamStart> start;  ///< of the last start
  std::vector<StreamStep> steps;     ///< ascending
  std::vector<StreamEvaluation> evaluations;
  std::string end, end_utc, message;  ///< of its last line, if that is an end
};

/// Nothing if it cannot be read.
std::optional<StreamContent> read_stream(const std::filesystem::path& path);

}  // namespace reprise::runs
