// Competition, Triangle and the change of weights against the reference in double.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "suite/kernels/reference/plasticity.hpp"
#include "tests/suite/kernels/isa_tables.hpp"
#include "tests/support/arrays.hpp"
#include "tests/support/tolerances.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using kernels::Competition;

constexpr std::int64_t kChannelCounts[] = {1, 3, 10, 16, 17, 64, 100, 129};

class Plasticity : public testing::TestWithParam<const kernels::VectorKernels*> {};
INSTANTIATE_TEST_SUITE_P(, Plasticity, testing::ValuesIn(isa_tables()), isa_name);

struct Answers {
  Doubles response, moments;
};

Answers compete(const kernels::VectorKernels& table, const Doubles& u, std::int64_t channels, const Competition& terms) {
  const std::vector<float> input = stored<float>(u);
  std::vector<float> response(u.size()), scratch(static_cast<std::size_t>(channels));
  Answers answers{{}, Doubles(static_cast<std::size_t>(channels), 0.0)};
  table.f32.compete(input.data(), static_cast<std::int64_t>(u.size()) / channels, channels, terms, response.data(), answers.moments.data(),
                    scratch.data());
  answers.response = read_back(response.data(), static_cast<std::int64_t>(u.size()));
  return answers;
}

TEST_P(Plasticity, the_winner_learns_and_the_losers_unlearn) {
  // exp(2 log 2) : exp(2 log 1) : exp(2 log 3) = 4 : 1 : 9
  const Answers answers = compete(*GetParam(), {std::log(2.0), 0, std::log(3.0)}, 3, {.inverse_temperature = 2});
  EXPECT_NEAR(answers.response[0], -4.0 / 14, 1e-6);
  EXPECT_NEAR(answers.response[1], -1.0 / 14, 1e-6);
  EXPECT_NEAR(answers.response[2], 9.0 / 14, 1e-6);
  EXPECT_NEAR(answers.moments[0], -4.0 / 14 * std::log(2.0), 1e-6);
  EXPECT_NEAR(answers.moments[2], 9.0 / 14 * std::log(3.0), 1e-6);
}

TEST_P(Plasticity, the_hard_competition_leaves_the_first_winner_alone) {
  const Answers answers = compete(*GetParam(), {1, 5, 5, -2, -1, -3, -1, -4}, 4, {.soft = false});
  EXPECT_EQ(answers.response, (Doubles{0, 1, 0, 0, 1, 0, 0, 0}));
  EXPECT_EQ(answers.moments, (Doubles{-1, 5, 0, 0}));
}

TEST_P(Plasticity, equals_the_reference_for_every_number_of_channels) {
  for (const std::int64_t C : kChannelCounts)
    for (const Competition terms : {Competition{0.25f, true, true}, Competition{1, true, false}, Competition{1, false, true}}) {
      const Doubles u = distinct_numbers(5, 7 * C);
      const Answers answers = compete(*GetParam(), u, C, terms);
      const Doubles expected = reference::compete(u, C, terms);
      Doubles moments(static_cast<std::size_t>(C), 0.0);
      for (std::size_t i = 0; i < u.size(); ++i) moments[i % moments.size()] += expected[i] * u[i];
      EXPECT_NEAR_ARRAY(answers.response, expected, kTranscendental * std::max(1.0, largest_magnitude(u)) + sum_of(static_cast<double>(C)),
                        kRoundoffF32);
      EXPECT_NEAR_ARRAY(answers.moments, moments, kTranscendental * std::max(1.0, largest_magnitude(u)) + sum_of(static_cast<double>(C)),
                        kRoundoffF32, 7 * largest_magnitude(u));
    }
}

TEST_P(Plasticity, answers_that_vanish_are_exactly_zero) {
  const Answers answers = compete(*GetParam(), {0, -60, -80, -500}, 4, {.inverse_temperature = 1});
  EXPECT_EQ(answers.response[0], 1.0);
  EXPECT_LT(answers.response[1], 0.0);
  EXPECT_EQ(answers.response[2], 0.0);
  EXPECT_EQ(answers.response[3], 0.0);
}

TEST_P(Plasticity, a_number_that_is_none_is_not_hidden) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<float> weight{1, 2, 3};
  std::vector<float> change{1, static_cast<float>(nan), 1};
  EXPECT_TRUE(std::isnan(GetParam()->plastic_change(change.data(), weight.data(), 0.5f, 3)));
  std::vector<float> output(3);
  const std::vector<float> input{1, static_cast<float>(nan), 1};
  GetParam()->f32.triangle(input.data(), output.data(), 1, 3, 1.4f);
  EXPECT_TRUE(std::isnan(output[0]) && std::isnan(output[1]));
}

TEST_P(Plasticity, a_change_loses_what_the_neuron_answered_and_reports_its_largest_magnitude) {
  for (const std::int64_t n : {1, 15, 16, 17, 100}) {
    const Doubles c = random_numbers(1, n), w = random_numbers(2, n);
    std::vector<float> change = stored<float>(c), weight = stored<float>(w);
    Doubles expected(c.size()), moved(c.size());
    double squares = 0;
    for (std::size_t i = 0; i < c.size(); ++i)
      expected[i] = c[i] - 0.75 * w[i], moved[i] = w[i] + 0.5 * expected[i], squares += w[i] * w[i];
    EXPECT_NEAR(GetParam()->square_sum(weight.data(), n), squares, 1e-12 * squares);
    const float largest = GetParam()->plastic_change(change.data(), weight.data(), 0.75f, n);
    EXPECT_NEAR_ARRAY(read_back(change.data(), n), expected, kElementwise, kRoundoffF32);
    EXPECT_NEAR(static_cast<double>(largest), largest_magnitude(expected), 1e-6);
    GetParam()->add_scaled(weight.data(), change.data(), 0.5f, n);
    EXPECT_NEAR_ARRAY(read_back(weight.data(), n), moved, kElementwise, kRoundoffF32);
  }
}

TEST(PlasticReference, one_neuron_is_drawn_towards_its_input_until_its_norm_is_one) {
  // One patch (3, 4), weight (0.3, 0.4) of norm 1/2, hard winner: u = 2.5, change = x - 2.5 w = (2.25, 3), largest 3, rate 1 * 0.5^1.
  const auto moved = reference::plastic_update({3, 4}, {2.5}, {1}, {0.3, 0.4}, 1, {1.0, 1.0});
  EXPECT_NEAR(moved[0], 0.3 + 0.5 * 0.75, 1e-9);
  EXPECT_NEAR(moved[1], 0.4 + 0.5 * 1.0, 1e-9);
  // A neuron at norm 1 that points at its input rests.
  const auto rests = reference::plastic_update({3, 4}, {5}, {1}, {0.6, 0.8}, 1, {1.0, 0.5});
  EXPECT_NEAR(rests[0], 0.6, 1e-4);  // (1e-10)^0.5 of a direction of length 1
  EXPECT_NEAR(rests[1], 0.8, 1e-4);
}

}  // namespace
}  // namespace reprise::tests
