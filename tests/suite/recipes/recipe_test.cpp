// Options and schedules of a recipe: values by hand.

#include "suite/recipes/recipe.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"

namespace reprise::recipes {
namespace {

using schedules::Schedule;

Schedule schedule(const std::string& kind, double value) {
  Schedule result;
  result.kind = kind;
  result.value = value;
  return result;
}

template <typename Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Schedule, constant_is_its_value) {
  const Schedule constant = schedule("constant", 0.3);
  EXPECT_EQ(constant.at(0, 10), 0.3);
  EXPECT_EQ(constant.at(10, 10), 0.3);
}

TEST(Schedule, step_multiplies_at_each_milestone) {
  Schedule drops = schedule("step", 0.5);
  drops.factor = 0.5;
  drops.milestones = {0.5, 0.75};
  EXPECT_EQ(drops.at(49, 100), 0.5);
  EXPECT_EQ(drops.at(50, 100), 0.25);
  EXPECT_EQ(drops.at(74, 100), 0.25);
  EXPECT_EQ(drops.at(75, 100), 0.125);
}

TEST(Schedule, piecewise_takes_a_new_value_at_each_milestone) {
  Schedule pieces = schedule("piecewise", 0.025);
  pieces.milestones = {0.75, 0.85};
  pieces.values = {0.00125, 1e-4};
  EXPECT_EQ(pieces.at(74, 100), 0.025);
  EXPECT_EQ(pieces.at(75, 100), 0.00125);
  EXPECT_EQ(pieces.at(85, 100), 1e-4);
  pieces.values.pop_back();
  EXPECT_NE(message_of([&] { pieces.at(0, 100); }).find("as many values as milestones, 2"), std::string::npos);
}

TEST(Schedule, inverse_decay_halves_at_its_decay_time) {
  Schedule decay = schedule("inverse_decay", 1.0);
  decay.decay_steps = 10000;
  EXPECT_EQ(decay.at(0, 0), 1.0);
  EXPECT_EQ(decay.at(10000, 1000000), 0.5);
  EXPECT_EQ(decay.at(30000, 1000000), 0.25);
}

TEST(Schedule, halving_is_a_staircase) {
  Schedule staircase = schedule("halving", 0.01);
  staircase.decay_steps = 100;
  EXPECT_EQ(staircase.at(99, 1000), 0.01);
  EXPECT_EQ(staircase.at(100, 1000), 0.005);
  EXPECT_EQ(staircase.at(250, 1000), 0.0025);
}

TEST(Schedule, staircase_has_steps_of_its_factor) {
  Schedule staircase = schedule("staircase", 0.01);
  staircase.decay_steps = 100, staircase.factor = 0.96;
  EXPECT_EQ(staircase.at(99, 1000), 0.01);
  EXPECT_DOUBLE_EQ(staircase.at(100, 1000), 0.01 * 0.96);
  EXPECT_DOUBLE_EQ(staircase.at(299, 1000), 0.01 * 0.96 * 0.96);
}

TEST(Schedule, polynomial_falls_by_the_share_that_is_left_to_a_power) {
  Schedule polynomial = schedule("polynomial", 0.4);
  EXPECT_DOUBLE_EQ(polynomial.at(25, 100), 0.3) << "a line, unless told otherwise";
  polynomial.power = 0.5;
  EXPECT_DOUBLE_EQ(polynomial.at(0, 100), 0.4);
  EXPECT_DOUBLE_EQ(polynomial.at(75, 100), 0.2);
  EXPECT_EQ(polynomial.at(100, 100), 0);
  polynomial.final_value = 0.2;
  EXPECT_DOUBLE_EQ(polynomial.at(75, 100), 0.3);
}

TEST(Schedule, cosine_goes_from_value_to_final) {
  Schedule cosine = schedule("cosine", 1.0);
  cosine.final_value = 0.2;
  EXPECT_DOUBLE_EQ(cosine.at(0, 100), 1.0);
  EXPECT_DOUBLE_EQ(cosine.at(50, 100), 0.6);
  EXPECT_DOUBLE_EQ(cosine.at(100, 100), 0.2);
}

TEST(Schedule, one_cycle_peaks_at_warmup) {
  Schedule cycle = schedule("one_cycle", 0.8);
  cycle.warmup = 0.25;
  cycle.final_value = 0.2;
  EXPECT_DOUBLE_EQ(cycle.at(0, 100), 0.0);
  EXPECT_DOUBLE_EQ(cycle.at(5, 100), 0.16);
  EXPECT_DOUBLE_EQ(cycle.at(25, 100), 0.8);
  EXPECT_DOUBLE_EQ(cycle.at(50, 100), 0.6);
  EXPECT_DOUBLE_EQ(cycle.at(100, 100), 0.2);
}

TEST(Schedule, warmup_cosine_rises_falls_and_rests) {
  const Schedule rate{.kind = "warmup_cosine", .value = 1, .start = 0.2, .final_value = 0.1, .warmup = 0.2, .cooldown = 0.2};
  EXPECT_DOUBLE_EQ(rate.at(0, 100), 0.2);
  EXPECT_DOUBLE_EQ(rate.at(10, 100), 0.6);
  EXPECT_DOUBLE_EQ(rate.at(20, 100), 1);
  EXPECT_DOUBLE_EQ(rate.at(35, 100), 1 - 0.9 * (1 - std::sqrt(0.5)) / 2);
  EXPECT_DOUBLE_EQ(rate.at(50, 100), 0.55);
  EXPECT_DOUBLE_EQ(rate.at(80, 100), 0.1);
  EXPECT_DOUBLE_EQ(rate.at(99, 100), 0.1);
}

TEST(Schedule, linear_stays_at_final) {
  Schedule line = schedule("linear", 1.0);
  line.final_value = 0.0;
  EXPECT_DOUBLE_EQ(line.at(25, 100), 0.75);
  line.decay_steps = 50;
  EXPECT_DOUBLE_EQ(line.at(25, 100), 0.5);
  EXPECT_DOUBLE_EQ(line.at(80, 100), 0.0);
}

TEST(Schedule, exponential_is_the_momentum_ramp) {
  Schedule ramp = schedule("exponential", 0.5);
  ramp.final_value = 0.99;
  ramp.decay_steps = 100000;
  EXPECT_DOUBLE_EQ(ramp.at(0, 1000000), 0.5);
  EXPECT_DOUBLE_EQ(ramp.at(100000, 1000000), 0.99 - 0.49 / std::exp(1.0));
}

TEST(Schedule, warmup_is_a_ramp_from_zero) {
  Schedule warm = schedule("constant", 1.0);
  warm.warmup = 0.2;
  EXPECT_DOUBLE_EQ(warm.at(0, 100), 0.0);
  EXPECT_DOUBLE_EQ(warm.at(10, 100), 0.5);
  EXPECT_DOUBLE_EQ(warm.at(20, 100), 1.0);
}

TEST(Schedule, unknown_kind_lists_the_known_ones) {
  EXPECT_NE(message_of([] { schedule("cosign", 1).at(0, 1); }).find("cosine"), std::string::npos);
}

TEST(Schedule, decay_without_a_time_is_refused) {
  EXPECT_NE(message_of([] { schedule("halving", 1).at(0, 1); }).find("decay_steps"), std::string::npos);
}

TEST(Options, absent_keys_give_the_fallback) {
  const Options options;
  EXPECT_EQ(options.get_int("width", 7), 7);
  EXPECT_EQ(options.get_string("family", "C"), "C");
  EXPECT_EQ(options.get_ints("hidden", {1, 2}), (std::vector<std::int64_t>{1, 2}));
}

TEST(Options, integers_serve_as_numbers_and_one_number_as_a_list) {
  Options options;
  options.set("keep", std::int64_t{1});
  options.set("hidden", std::vector<double>{64, 32});
  EXPECT_EQ(options.get_double("keep", 0.5), 1.0);
  EXPECT_EQ(options.get_doubles("keep", {}), std::vector<double>{1.0});
  EXPECT_EQ(options.get_ints("hidden", {}), (std::vector<std::int64_t>{64, 32}));
}

TEST(Options, an_empty_list_has_any_type) {
  Options options;
  options.set("list", std::vector<double>{});
  EXPECT_TRUE(options.get_strings("list", {"a"}).empty());
  EXPECT_TRUE(options.get_ints("list", {1}).empty());
}

TEST(Options, a_wrong_type_names_key_expected_and_found) {
  Options options;
  options.set("width", std::string("wide"));
  options.set("hidden", std::vector<double>{1.5});
  const std::string message = message_of([&] { options.get_int("width", 1); });
  EXPECT_NE(message.find("'width'"), std::string::npos);
  EXPECT_NE(message.find("an integer"), std::string::npos);
  EXPECT_NE(message.find("\"wide\" (a string)"), std::string::npos);
  EXPECT_NE(message_of([&] { options.get_ints("hidden", {}); }).find("list of integers"), std::string::npos);
}

TEST(Options, a_key_nobody_asks_for_is_refused) {
  Options options;
  options.set("width", std::int64_t{3});
  options.set("widht", std::int64_t{4});
  options.get_int("width", 1);
  const std::string message = message_of([&] { options.check_all_used("model 'mlp'"); });
  EXPECT_NE(message.find("model 'mlp'"), std::string::npos);
  EXPECT_NE(message.find("width (integer)"), std::string::npos);
  EXPECT_NE(message.find("'widht'"), std::string::npos);
  options.get_int("widht", 1);
  EXPECT_NO_THROW(options.check_all_used("model 'mlp'"));
}

TEST(Schedule, one_cycle_begins_at_its_start) {
  const Schedule cycle{.kind = "one_cycle", .value = 1, .start = 0.2, .final_value = 0.07, .warmup = 0.25};
  EXPECT_DOUBLE_EQ(cycle.at(0, 100), 0.2);
  EXPECT_DOUBLE_EQ(cycle.at(25, 100), 1);
  EXPECT_DOUBLE_EQ(cycle.at(100, 100), 0.07);
}

TEST(Steps, an_incomplete_batch_is_a_step_unless_it_is_dropped) {
  Recipe recipe;
  recipe.batch = 1024, recipe.epochs = 2;
  EXPECT_EQ(steps_per_epoch(recipe, 50'000), 49);
  recipe.drop_last = true;
  EXPECT_EQ(steps_per_epoch(recipe, 50'000), 48);
  EXPECT_EQ(total_steps(recipe, 50'000), 96);
  EXPECT_EQ(steps_per_epoch(recipe, 100), 1);
}

}  // namespace
}  // namespace reprise::recipes
