#include "suite/command/seed_schedule.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace reprise::command {
namespace {

using reports::Question;
using reports::SeedRun;
using Runs = std::set<SeedRun>;

constexpr double kShortestRun = 1e-3;  ///< seconds

std::vector<SeedRun> list_of(const Runs& runs) {
  return {runs.begin(), runs.end()};
}

bool completes(const Runs& runs, const Question& question) {
  return question.is_open() &&
         std::all_of(question.lacking.begin(), question.lacking.end(), [&](const SeedRun& run) { return runs.contains(run); });
}

/// The question to add to `chosen`, by expected decisions per second of what it adds.
std::optional<std::size_t> best_addition(const std::vector<Question>& questions, const RunSeconds& seconds, double seconds_left,
                                         int at_once, const Runs& chosen) {
  std::optional<std::size_t> best;
  double best_rate = -1;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (!questions[i].is_open() || completes(chosen, questions[i])) continue;
    Runs runs = chosen, added;
    for (const SeedRun& run : questions[i].lacking)
      if (runs.insert(run).second) added.insert(run);
    if (wall_seconds(list_of(runs), seconds, at_once) > seconds_left) continue;
    double decisions = 0;
    for (const Question& other : questions)
      if (completes(runs, other) && !completes(chosen, other)) decisions += chance_of(other);
    const double rate = decisions / std::max(kShortestRun, wall_seconds(list_of(added), seconds, 1));
    if (rate > best_rate) {
      best = i;
      best_rate = rate;
    }
  }
  return best;
}

}  // namespace

double wall_seconds(const std::vector<SeedRun>& runs, const RunSeconds& seconds, int at_once) {
  double sum = 0, longest = 0;
  for (const SeedRun& run : runs) {
    sum += seconds.at(run.trial);
    longest = std::max(longest, seconds.at(run.trial));
  }
  return std::max(longest, sum / at_once);
}

double chance_of(const Question& question) {
  return question.chance.value_or(kChanceUnknown);
}

Batch next_batch(const std::vector<Question>& questions, const RunSeconds& seconds, double seconds_left, int at_once) {
  Runs runs;
  while (runs.empty() || std::ssize(runs) < at_once) {
    const std::optional<std::size_t> best = best_addition(questions, seconds, seconds_left, at_once, runs);
    if (!best) break;
    runs.insert(questions[*best].lacking.begin(), questions[*best].lacking.end());
  }
  Batch batch{{}, list_of(runs), wall_seconds(list_of(runs), seconds, at_once)};
  for (std::size_t i = 0; i < questions.size(); ++i)
    if (!runs.empty() && completes(runs, questions[i])) batch.questions.push_back(i);
  return batch;
}

}  // namespace reprise::command
