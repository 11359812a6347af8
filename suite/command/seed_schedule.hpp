#pragma once
// Which seeds to run next: those that are expected to decide most per hour, as far as they fit the time that is left.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "reports/verdicts/questions.hpp"

namespace reprise::command {

/// Seconds of one run, by trial.
using RunSeconds = std::map<std::string, double>;

/// How long these runs take if so many can run at once: no group can be faster than the longest run, nor all of them than their sum.
double wall_seconds(const std::vector<reports::SeedRun>& runs, const RunSeconds& seconds, int at_once);

struct Batch {
  std::vector<std::size_t> questions;  ///< whose next look it completes, by place in the list
  std::vector<reports::SeedRun> runs;  ///< empty: nothing is open, or nothing that is fits
  double wall_seconds = 0;
};

/// The chance of a question that has no estimate yet: one in four. Its first look is worth that much.
inline constexpr double kChanceUnknown = 0.25;
double chance_of(const reports::Question& question);

/// Of the open questions the one with the most expected decisions per hour, then further ones as long as fewer runs are in it than can run
/// at once, none of which takes the batch beyond `seconds_left`. A decision is counted for each question whose next look these runs
/// complete: a baseline that several claims wait for is worth what all of them are. Ties go to the order of the list.
Batch next_batch(const std::vector<reports::Question>& questions, const RunSeconds& seconds, double seconds_left, int at_once);

}  // namespace reprise::command
