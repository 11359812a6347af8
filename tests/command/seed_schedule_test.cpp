#include "suite/command/seed_schedule.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace reprise::command {
namespace {

using reports::Question;
using reports::SeedRun;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Question open(const std::string& name, double chance, std::vector<SeedRun> lacking) {
  Question question;
  question.name = name;
  question.chance = chance;
  question.lacking = std::move(lacking);
  return question;
}

Question closed(const std::string& name, Question::State state) {
  Question question;
  question.name = name;
  question.state = state;
  return question;
}

using Places = std::vector<std::size_t>;

TEST(SeedSchedule, most_expected_decisions_per_hour_come_first) {
  const RunSeconds seconds{{"slow", 100}, {"quick", 10}};
  const std::vector<Question> questions{open("likely", 0.9, {{"slow", 1}}), open("cheap", 0.2, {{"quick", 1}})};
  const Batch batch = next_batch(questions, seconds, kInfinity, 1);  // 0.009 against 0.02 per second
  EXPECT_EQ(batch.questions, Places{1});
  EXPECT_EQ(batch.runs, (std::vector<SeedRun>{{"quick", 1}}));
  EXPECT_DOUBLE_EQ(batch.wall_seconds, 10);
}

TEST(SeedSchedule, a_run_that_several_wait_for_counts_for_all_of_them) {
  const RunSeconds seconds{{"baseline", 100}, {"other", 50}};
  const std::vector<Question> questions{open("a", 0.3, {{"baseline", 4}}), open("b", 0.3, {{"baseline", 4}}),
                                        open("c", 0.25, {{"other", 4}})};
  EXPECT_EQ(next_batch(questions, seconds, kInfinity, 1).questions, (Places{0, 1}));  // 0.6 / 100 against 0.25 / 50
}

TEST(SeedSchedule, nothing_starts_that_does_not_fit) {
  const RunSeconds seconds{{"long", 100}, {"short", 40}};
  const std::vector<Question> questions{open("a", 0.9, {{"long", 1}}), open("b", 0.1, {{"short", 1}, {"short", 2}})};
  EXPECT_EQ(next_batch(questions, seconds, 100, 1).questions, Places{0});
  EXPECT_EQ(next_batch(questions, seconds, 99, 1).questions, Places{1});
  EXPECT_TRUE(next_batch(questions, seconds, 79, 1).runs.empty());
  EXPECT_EQ(next_batch(questions, seconds, 79, 2).questions, Places{1});  // two at once take 40 s
}

TEST(SeedSchedule, closed_questions_get_no_seeds) {
  const std::vector<Question> questions{closed("decided", Question::State::decided), closed("futile", Question::State::futile)};
  EXPECT_TRUE(next_batch(questions, {}, kInfinity, 4).runs.empty());
  EXPECT_TRUE(next_batch({}, {}, kInfinity, 4).runs.empty());
}

TEST(SeedSchedule, several_groups_get_several_questions_within_the_budget) {
  const RunSeconds seconds{{"a", 10}, {"b", 10}, {"c", 10}};
  const std::vector<Question> questions{open("a", 0.5, {{"a", 1}}), open("b", 0.4, {{"b", 1}}), open("c", 0.3, {{"c", 1}})};
  EXPECT_EQ(next_batch(questions, seconds, kInfinity, 2).questions, (Places{0, 1}));
  EXPECT_EQ(next_batch(questions, seconds, kInfinity, 3).questions, (Places{0, 1, 2}));
  EXPECT_DOUBLE_EQ(next_batch(questions, seconds, kInfinity, 3).wall_seconds, 10);
}

TEST(SeedSchedule, ties_go_to_the_order_of_the_list_and_unknown_chances_are_one_in_four) {
  const RunSeconds seconds{{"a", 10}, {"b", 10}};
  Question unknown = open("unknown", 0, {{"a", 1}});
  unknown.chance.reset();
  EXPECT_EQ(next_batch({unknown, open("b", 0.25, {{"b", 1}})}, seconds, kInfinity, 1).questions, Places{0});
  EXPECT_EQ(next_batch({unknown, open("b", 0.26, {{"b", 1}})}, seconds, kInfinity, 1).questions, Places{1});
}

}  // namespace
}  // namespace reprise::command
