#include "reports/verdicts/questions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "reports/runs/derived_groups.hpp"
#include "reports/runs/samples.hpp"
#include "reports/statistics/sequential.hpp"
#include "reports/text.hpp"
#include "reports/verdicts/claims.hpp"
#include "reports/verdicts/rows.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/catalog/sides.hpp"

namespace reprise::reports {
namespace {

using Comparisons = std::vector<const Comparison*>;

std::int64_t runs_of(const std::string& trial, const SeedsThere& there) {
  const auto found = there.find(trial);
  return found == there.end() ? 0 : std::ssize(found->second);
}

using Needs = std::vector<catalog::RunsOfTrial>;  ///< each trial once

/// Whole seeds of a question that the runs make.
int fewest_seeds(const Needs& needs, const SeedsThere& there) {
  std::int64_t fewest = runs_of(needs.front().trial, there) / needs.front().per_seed;
  for (const catalog::RunsOfTrial& need : needs) fewest = std::min(fewest, runs_of(need.trial, there) / need.per_seed);
  return static_cast<int>(fewest);
}

bool has_seed(const std::string& trial, std::int64_t seed, const SeedsThere& there) {
  const auto found = there.find(trial);
  return found != there.end() && found->second.contains(seed);
}

/// `count` seeds for all trials: first those that most of them have, then the smallest.
std::vector<std::int64_t> seeds_to_have(const Needs& needs, const SeedsThere& there, std::int64_t count) {
  std::set<std::int64_t> candidates;
  for (std::int64_t seed = 1; seed <= count; ++seed) candidates.insert(seed);
  for (const catalog::RunsOfTrial& need : needs)
    if (const auto found = there.find(need.trial); found != there.end()) candidates.insert(found->second.begin(), found->second.end());
  std::vector<std::tuple<std::ptrdiff_t, std::int64_t>> order;
  for (const std::int64_t seed : candidates) {
    const auto having =
        std::count_if(needs.begin(), needs.end(), [&](const catalog::RunsOfTrial& need) { return has_seed(need.trial, seed, there); });
    order.emplace_back(-having, seed);
  }
  std::sort(order.begin(), order.end());
  std::vector<std::int64_t> seeds;
  for (std::int64_t i = 0; i < count; ++i) seeds.push_back(std::get<1>(order[static_cast<std::size_t>(i)]));
  return seeds;
}

std::vector<SeedRun> lacking_runs(const Needs& needs, const SeedsThere& there, int look) {
  std::int64_t most = 1;
  for (const catalog::RunsOfTrial& need : needs) most = std::max(most, need.per_seed);
  const std::vector<std::int64_t> seeds = seeds_to_have(needs, there, most * look);
  std::vector<SeedRun> lacking;
  for (const catalog::RunsOfTrial& need : needs) {
    std::int64_t missing = need.per_seed * look - runs_of(need.trial, there);
    for (const std::int64_t seed : seeds)
      if (missing > 0 && !has_seed(need.trial, seed, there)) {
        lacking.push_back({need.trial, seed});
        --missing;
      }
  }
  return lacking;
}

/// Sides of comparisons, each once.
std::vector<std::string> sides_of(const Comparisons& comparisons) {
  std::set<std::string> sides;
  for (const Comparison* comparison : comparisons)
    for (const Side* side : {&comparison->left, &comparison->right})
      if (!side->trial.empty()) sides.insert(side->trial);
  return {sides.begin(), sides.end()};
}

/// The runs that sides are made of, in their order. A trial of several is needed as often as the one that takes most.
Needs needs_of(const std::vector<std::string>& sides, const RunsBehind& behind) {
  Needs needs;
  for (const std::string& side : sides)
    for (const catalog::RunsOfTrial& runs : behind ? behind(side) : Needs{{side}}) {
      const auto known = std::find_if(needs.begin(), needs.end(), [&](const auto& need) { return need.trial == runs.trial; });
      if (known == needs.end())
        needs.push_back(runs);
      else
        known->per_seed = std::max(known->per_seed, runs.per_seed);
    }
  return needs;
}

std::vector<std::string> trials_of(const Needs& needs) {
  std::vector<std::string> trials;
  for (const catalog::RunsOfTrial& need : needs) trials.push_back(need.trial);
  return trials;
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

/// Everything about one question list.
struct Evidence {
  const catalog::Paper& paper;
  const std::map<std::string, recipes::Recipe>& recipes;
  const std::vector<RunGroup>& current;  ///< with what evaluations and ensembles make of them
  Samples samples;                       ///< of all groups: they lend each other their spread as in a report
  SeedsThere there;
  int max_seeds;
};

std::vector<RunGroup> current_of(const std::vector<RunGroup>& groups, const std::map<std::string, recipes::Recipe>& recipes) {
  std::vector<RunGroup> current;
  for (const auto& [trial, recipe] : recipes)
    if (const RunGroup* group = group_of(groups, recipe)) current.push_back(*group);
  return current;
}

SeedsThere seeds_of_groups(const std::vector<RunGroup>& groups) {
  SeedsThere there;
  for (const RunGroup& group : groups)
    for (const records::RunRecord* run : group.runs) there[group.trial].insert(run->seed);
  return there;
}

RunsBehind behind_sides_of(const catalog::Paper& paper) {
  return [&paper](const std::string& side) { return catalog::runs_behind(paper, side); };
}

std::vector<std::string> sides_of(const catalog::Claim& claim) {
  std::vector<std::string> sides;
  for (const ClaimPart& part : parts_of(claim))
    for (const std::string& side : {part.left, part.right})
      if (!side.empty()) sides.push_back(side);
  return sides;
}

bool can_be_tested(const catalog::Claim& claim, const catalog::Paper& paper, const std::map<std::string, recipes::Recipe>& recipes) {
  const std::string& scale = recipes.begin()->second.scale;
  if (!claim.scales.empty() && std::find(claim.scales.begin(), claim.scales.end(), scale) == claim.scales.end()) return false;
  const std::vector<std::string> trials = trials_of(needs_of(sides_of(claim), behind_sides_of(paper)));
  return std::all_of(trials.begin(), trials.end(), [&](const std::string& trial) { return recipes.contains(trial); });
}

void add_claims(Evidence& evidence, std::vector<Question>& questions) {
  const std::vector<ClaimResult> results = test_claims(evidence.paper, evidence.current, evidence.samples);
  for (const catalog::Claim& claim : evidence.paper.claims) {
    if (!can_be_tested(claim, evidence.paper, evidence.recipes)) continue;
    const auto result = std::find_if(results.begin(), results.end(), [&](const ClaimResult& r) { return r.claim.id == claim.id; });
    const RunsBehind behind = behind_sides_of(evidence.paper);
    questions.push_back(question_about("claim " + claim.id, sides_of(claim), result->comparisons, rule_of_claim, result->is_decided(),
                                       evidence.there, evidence.max_seeds, behind));
    Question& question = questions.back();
    if (!result->comparisons.empty() || fewest_seeds(needs_of(sides_of(claim), behind), evidence.there) == 0) continue;
    question.close(result->test_text());  // seeds do not help: the runs lack the metric
  }
}

/// Whether runs of the recipe will be compared with a number, as far as can be told before there are any.
bool can_be_compared(const catalog::Paper& paper, const recipes::Recipe& recipe, const std::string& id) {
  RunGroup group;
  group.scale = recipe.scale;
  group.recipe = recipe;
  const catalog::PublishedNumber* number = paper.find_published(id);
  const catalog::Trial* trial = paper.find_trial(recipe.trial);
  return number != nullptr && number->status == "verified" && recipe.scale == "paper" && group.settings_by_hand().empty() &&
         trial != nullptr && trial->stand_in.empty() &&
         canonical_name(number->dataset) == canonical_name(catalog::tested_on(recipe, number->evaluation));
}

/// Published numbers beside what a trial or an ensemble gives; `recipe`: of the trial, or of an ensemble's first member.
void add_numbers(Evidence& evidence, const std::vector<Row>& rows, const std::string& side, const recipes::Recipe& recipe,
                 const std::vector<std::string>& ids, std::vector<Question>& questions) {
  const RunsBehind behind = behind_sides_of(evidence.paper);
  for (const std::string& id : ids) {
    const std::string name = fmt::format("number {} by {}", id, side);
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.id == id && catalog::Side::parse(r.trial).name == side; });
    if (row == rows.end()) {
      if (can_be_compared(evidence.paper, recipe, id))
        questions.push_back(question_about(name, {side}, {}, rule_of_published_number, false, evidence.there, evidence.max_seeds, behind));
    } else if (row->comparison) {
      questions.push_back(question_about(name, {side}, {*row->comparison}, rule_of_published_number,
                                         row->likeness != Likeness::inconclusive, evidence.there, evidence.max_seeds, behind));
    }
  }
}

void add_numbers(Evidence& evidence, std::vector<Question>& questions) {
  std::vector<std::string> footnotes;
  const std::vector<Row> rows = comparison_rows(evidence.paper, evidence.current, evidence.samples, footnotes);
  for (const auto& [trial, recipe] : evidence.recipes) add_numbers(evidence, rows, trial, recipe, recipe.reproduces, questions);
  for (const catalog::Ensemble& ensemble : evidence.paper.ensembles) {
    const std::vector<std::string> trials = catalog::trials_behind(evidence.paper, ensemble.id);
    const bool runs = std::all_of(trials.begin(), trials.end(), [&](const std::string& t) { return evidence.recipes.contains(t); });
    if (runs) add_numbers(evidence, rows, ensemble.id, evidence.recipes.at(trials.front()), ensemble.reproduces, questions);
  }
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

Question question_about(const std::string& name, const std::vector<std::string>& sides, const std::vector<Comparison>& comparisons,
                        RuleOf rule, bool decided, const SeedsThere& there, int max_seeds, const RunsBehind& behind) {
  using State = Question::State;
  const Needs all = needs_of(sides, behind);
  Question question;
  question.name = name;
  question.trials = trials_of(all);
  question.seeds = fewest_seeds(all, there);
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
    question.close(question.obstacle);
    return question;
  }
  const Needs needed = open.empty() ? all : needs_of(sides_of(open), behind);
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

void Question::close(const std::string& why) {
  state = State::obstructed;
  obstacle = why;
  next_look = 0;
  chance.reset();
  lacking.clear();
}

const RunGroup* group_of(const std::vector<RunGroup>& groups, const recipes::Recipe& recipe) {
  const std::string settings = catalog::settings_text(recipe);
  for (const RunGroup& group : groups)
    if (group.trial == recipe.trial && group.scale == recipe.scale && group.answer_version == kAnswerVersion &&
        catalog::settings_text(group.recipe) == settings)
      return &group;
  return nullptr;
}

std::vector<Question> questions_of(const catalog::Paper& paper, const std::vector<RunGroup>& groups,
                                   const std::map<std::string, recipes::Recipe>& recipes, int max_seeds) {
  const std::vector<RunGroup> current = current_of(groups, recipes);
  const DerivedGroups derived(paper, current);
  Evidence evidence{paper, recipes, derived.all(), Samples(groups), seeds_of_groups(current), max_seeds};
  std::vector<Question> questions;
  add_claims(evidence, questions);
  add_numbers(evidence, questions);
  return questions;
}

}  // namespace reprise::reports
