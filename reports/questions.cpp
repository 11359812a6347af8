#include "reports/questions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "reports/sequential.hpp"

namespace reprise::reports {
namespace {

using Comparisons = std::vector<const Comparison*>;

int seeds_of(const std::string& trial, const SeedsThere& there) {
  const auto found = there.find(trial);
  return found == there.end() ? 0 : static_cast<int>(found->second.size());
}

int fewest_seeds(const std::vector<std::string>& trials, const SeedsThere& there) {
  int fewest = seeds_of(trials.front(), there);
  for (const std::string& trial : trials) fewest = std::min(fewest, seeds_of(trial, there));
  return fewest;
}

bool has_seed(const std::string& trial, std::int64_t seed, const SeedsThere& there) {
  const auto found = there.find(trial);
  return found != there.end() && found->second.contains(seed);
}

/// `count` seeds for all trials: first those that most of them have, then the smallest.
std::vector<std::int64_t> seeds_to_have(const std::vector<std::string>& trials, const SeedsThere& there, int count) {
  std::set<std::int64_t> candidates;
  for (std::int64_t seed = 1; seed <= count; ++seed) candidates.insert(seed);
  for (const std::string& trial : trials)
    if (const auto found = there.find(trial); found != there.end()) candidates.insert(found->second.begin(), found->second.end());
  std::vector<std::tuple<std::ptrdiff_t, std::int64_t>> order;
  for (const std::int64_t seed : candidates) {
    const auto having = std::count_if(trials.begin(), trials.end(), [&](const std::string& trial) { return has_seed(trial, seed, there); });
    order.emplace_back(-having, seed);
  }
  std::sort(order.begin(), order.end());
  std::vector<std::int64_t> seeds;
  for (int i = 0; i < count; ++i) seeds.push_back(std::get<1>(order[static_cast<std::size_t>(i)]));
  return seeds;
}

std::vector<SeedRun> lacking_runs(const std::vector<std::string>& trials, const SeedsThere& there, int look) {
  const std::vector<std::int64_t> seeds = seeds_to_have(trials, there, look);
  std::vector<SeedRun> lacking;
  for (const std::string& trial : trials) {
    int missing = look - seeds_of(trial, there);
    for (const std::int64_t seed : seeds)
      if (missing > 0 && !has_seed(trial, seed, there)) {
        lacking.push_back({trial, seed});
        --missing;
      }
  }
  return lacking;
}

std::vector<std::string> trials_of(const Comparisons& comparisons) {
  std::set<std::string> trials;
  for (const Comparison* comparison : comparisons)
    for (const Side* side : {&comparison->left, &comparison->right})
      if (!side->trial.empty()) trials.insert(side->trial);
  return {trials.begin(), trials.end()};
}

/// That all of them are decided with `look` seeds; one that has as many already, at its next look.
double chance_of_all(const Comparisons& comparisons, RuleOf rule, int look) {
  double chance = 1;
  for (const Comparison* comparison : comparisons) {
    const int then = comparison->seeds() < look ? look : next_look(comparison->seeds());
    chance *= then == 0 ? 0 : chance_of_decision(comparison->estimate, rule(comparison->region), later_look(*comparison, then));
  }
  return std::isnan(chance) ? 0 : chance;
}

}  // namespace

std::string Question::state_text() const {
  switch (state) {
    case State::open:
      return "undecided";
    case State::decided:
      return fmt::format("decided at {} seeds, look {} (level {:.2g})", seeds, last_look(seeds), level_at(seeds));
    case State::futile:
      return "futile";
    case State::out_of_looks:
      return "undecided at the last look";
    case State::obstructed:
      return obstacle;
  }
  return "";
}

Question question_about(const std::string& name, const std::vector<std::string>& trials, const std::vector<Comparison>& comparisons,
                        RuleOf rule, bool decided, const SeedsThere& there, int max_seeds) {
  using State = Question::State;
  Question question;
  question.name = name;
  question.trials = trials;
  question.seeds = fewest_seeds(trials, there);
  if (decided) {
    question.state = State::decided;
    return question;
  }
  Comparisons open;
  for (const Comparison& comparison : comparisons) {
    if (comparison.decision == Decision::undecided) open.push_back(&comparison);
    if (!comparison.obstacle.empty()) question.obstacle = comparison.obstacle;
  }
  if (!question.obstacle.empty()) {
    question.state = State::obstructed;
    return question;
  }
  const std::vector<std::string> needed = open.empty() ? trials : trials_of(open);
  question.seeds = fewest_seeds(needed, there);
  const int next = next_look(question.seeds), last = last_look(max_seeds);
  if (next == 0 || next > last) {
    question.state = State::out_of_looks;
    return question;
  }
  if (question.seeds >= kLooks.front() && !open.empty()) {
    if (chance_of_all(open, rule, last) < kFutileBelow) {
      question.state = State::futile;
      return question;
    }
    question.chance = chance_of_all(open, rule, next);
  }
  question.next_look = next;
  question.lacking = lacking_runs(needed, there, next);
  return question;
}

}  // namespace reprise::reports
