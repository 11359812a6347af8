#include "reports/verdicts/questions.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "reports/statistics/sequential.hpp"

namespace reprise::reports {
namespace {

using State = Question::State;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// `left` better than `right` by `value`, each with `seeds` seeds from 1 on.
Comparison comparison(const std::string& left, const std::string& right, double value, double error, int seeds,
                      Decision decision = Decision::undecided) {
  Comparison of;
  of.left.trial = left;
  of.right.trial = right;
  for (int seed = 1; seed <= seeds; ++seed) {
    of.left.seeds.push_back(seed);
    if (!right.empty()) of.right.seeds.push_back(seed);
  }
  of.region = {0, kInfinity, false};
  of.estimate = {value, error, 2.0 * (seeds - 1)};
  of.left.spread = of.right.spread = {error * error * seeds / 2, seeds - 1.0};
  of.level = level_at(seeds);
  of.decision = decision;
  return of;
}

std::set<std::int64_t> seeds_to(std::int64_t last) {
  std::set<std::int64_t> seeds;
  for (std::int64_t seed = 1; seed <= last; ++seed) seeds.insert(seed);
  return seeds;
}

TEST(Questions, without_runs_the_first_look_lacks_three_seeds_of_each_trial) {
  const Question question = question_about("claim a", {"new", "old"}, {}, rule_of_claim, false, {}, 20);
  EXPECT_EQ(question.state, State::open);
  EXPECT_EQ(question.next_look, 3);
  EXPECT_FALSE(question.chance);
  EXPECT_EQ(question.lacking, (std::vector<SeedRun>{{"new", 1}, {"new", 2}, {"new", 3}, {"old", 1}, {"old", 2}, {"old", 3}}));
}

TEST(Questions, seeds_that_are_there_count_and_common_ones_come_first) {
  const SeedsThere there{{"new", {1, 2, 4}}, {"old", {4, 7}}};
  const Question question = question_about("claim a", {"new", "old"}, {}, rule_of_claim, false, there, 20);
  // Three seeds for both: 4, which both have, then 1 and 2, which one has; 7 of "old" counts as one of its three.
  EXPECT_EQ(question.lacking, (std::vector<SeedRun>{{"old", 1}}));
}

// "pair" averages two runs of "new" each.
std::vector<catalog::RunsOfTrial> pair_of_new(const std::string& side) {
  if (side == "pair") return {{"new", 2}};
  return {{side}};
}

TEST(Questions, a_seed_of_an_ensemble_takes_several_runs) {
  const SeedsThere there{{"new", {1, 2, 3}}};
  const Question question = question_about("claim a", {"pair", "new"}, {}, rule_of_claim, false, there, 20, pair_of_new);
  EXPECT_EQ(question.trials, std::vector<std::string>{"new"});
  EXPECT_EQ(question.seeds, 1) << "of the ensemble: three runs make one whole one";
  EXPECT_EQ(question.next_look, 3);
  EXPECT_EQ(question.lacking, (std::vector<SeedRun>{{"new", 4}, {"new", 5}, {"new", 6}}));
  const Question against_old = question_about("claim b", {"pair", "old"}, {}, rule_of_claim, false, there, 20, pair_of_new);
  EXPECT_EQ(against_old.seeds, 0);
  EXPECT_EQ(against_old.lacking, (std::vector<SeedRun>{{"new", 4}, {"new", 5}, {"new", 6}, {"old", 1}, {"old", 2}, {"old", 3}}));
}

TEST(Questions, undecided_ones_need_the_next_look) {
  const SeedsThere there{{"new", seeds_to(5)}, {"old", seeds_to(8)}};
  const Question question = question_about("claim a", {"new", "old"}, {comparison("new", "old", 3, 1, 5)}, rule_of_claim, false, there, 20);
  EXPECT_EQ(question.state, State::open);
  EXPECT_EQ(question.seeds, 5);
  EXPECT_EQ(question.next_look, 8);
  EXPECT_EQ(question.lacking, (std::vector<SeedRun>{{"new", 6}, {"new", 7}, {"new", 8}}));
  ASSERT_TRUE(question.chance);
  EXPECT_GT(*question.chance, 0.3);
  EXPECT_LT(*question.chance, 0.9);
}

TEST(Questions, decided_obstructed_futile_and_exhausted_ones_need_nothing) {
  const SeedsThere eight{{"new", seeds_to(8)}, {"old", seeds_to(8)}}, twenty{{"new", seeds_to(20)}, {"old", seeds_to(20)}};
  const std::vector<std::string> trials{"new", "old"};
  Comparison no_training = comparison("new", "old", 5, 1, 8);
  no_training.obstacle = "old did not train";
  const Question decided =
      question_about("a", trials, {comparison("new", "old", 9, 1, 8, Decision::inside)}, rule_of_claim, true, eight, 20);
  const Question obstructed = question_about("b", trials, {no_training}, rule_of_claim, false, eight, 20);
  const Question futile = question_about("c", trials, {comparison("new", "old", 0.1, 1, 8)}, rule_of_claim, false, eight, 20);
  const Question exhausted = question_about("d", trials, {comparison("new", "old", 1.9, 1, 20)}, rule_of_claim, false, twenty, 20);
  const Question limited = question_about("e", trials, {comparison("new", "old", 3, 1, 8)}, rule_of_claim, false, eight, 11);
  EXPECT_EQ(decided.state, State::decided);
  EXPECT_EQ(decided.state_text(), "decided at 8 seeds, look 8 (level 0.002)");
  EXPECT_EQ(obstructed.state, State::obstructed);
  EXPECT_EQ(obstructed.state_text(), "old did not train");
  EXPECT_EQ(futile.state, State::futile);
  EXPECT_EQ(exhausted.state, State::out_of_looks);
  EXPECT_EQ(limited.state, State::out_of_looks);  // the next look would be at 12
  for (const Question& question : {decided, obstructed, futile, exhausted, limited}) EXPECT_TRUE(question.lacking.empty()) << question.name;
}

TEST(Questions, of_several_comparisons_only_the_open_ones_get_seeds) {
  const SeedsThere there{{"a", seeds_to(5)}, {"b", seeds_to(5)}, {"c", seeds_to(5)}};
  const Comparison clear = comparison("a", "b", 20, 1, 5, Decision::inside), open = comparison("b", "c", 3, 1, 5);
  const Question one = question_about("order", {"a", "b", "c"}, {clear, open}, rule_of_claim, false, there, 20);
  EXPECT_EQ(one.lacking, (std::vector<SeedRun>{{"b", 6}, {"b", 7}, {"b", 8}, {"c", 6}, {"c", 7}, {"c", 8}}));
  const Question two = question_about("order", {"a", "b", "c"}, {comparison("a", "b", 3, 1, 5), open}, rule_of_claim, false, there, 20);
  EXPECT_NEAR(*two.chance, *one.chance * *one.chance, 1e-12);
}

}  // namespace
}  // namespace reprise::reports
