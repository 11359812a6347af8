#include "suite/layers/positions.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/suite/layers/channel_counts.hpp"
#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

using layers::Positions;

LayerCase case_of(bool learned, SampleShape input, Precision precision = Precision::f32) {
  return five_samples(std::make_shared<Positions>(Positions::Options{.learned = learned}), input, precision);
}

Doubles sum(Doubles x, const Doubles& table) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += table[i];
  return x;
}

TEST(Positions, learned_ones_equal_the_reference_and_the_difference_quotient) {
  const auto reference_of = [](const LayerCase& c) {
    return of_samples(
        c, [](const Doubles& x, std::int64_t, const std::vector<Doubles>& p) { return sum(x, p[0]); },
        [](const Doubles&, std::int64_t, const std::vector<Doubles>&, const Doubles& dy) {
          return std::vector<Doubles>{dy, dy};
        });
  };
  for (const long channels : kChannelCounts)
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const LayerCase c = case_of(true, {3, 5, channels}, precision);
      EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c), {.gradient = sum_of(5)}));
    }
  const LayerCase c = case_of(true, {2, 3, 4});
  EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c), {.gradient = sum_of(5)}));
}

TEST(Positions, fixed_ones_are_sines_and_cosines_of_falling_frequency) {
  LayerCase c = case_of(false, {3, 1, 4});
  c.samples = c.shards = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{Doubles(12, 0.0)}, {}}, Doubles(12, 1.0));
  // Channels 0 and 1 turn by 1 a token, 2 and 3 by 10000^(-2/4) = 1/100.
  EXPECT_NEAR_ARRAY(result.output,
                    (Doubles{0, 1, 0, 1, std::sin(1.0), std::cos(1.0), std::sin(0.01), std::cos(0.01), std::sin(2.0), std::cos(2.0),
                             std::sin(0.02), std::cos(0.02)}),
                    2, kRoundoffF32);
  EXPECT_EQ(result.grad_inputs[0], Doubles(12, 1.0));
  EXPECT_TRUE(c.layer->parameters(c.inputs).empty());
}

TEST(Positions, the_last_channel_of_an_odd_number_is_a_sine) {
  LayerCase c = case_of(false, {2, 1, 3});
  c.samples = c.shards = 1, c.count = 1;
  EXPECT_NEAR_ARRAY(run_layer(c, {{Doubles(6, 0.0)}, {}}).output,
                    (Doubles{0, 1, 0, std::sin(1.0), std::cos(1.0), std::sin(std::pow(10000.0, -2.0 / 3))}), 2, kRoundoffF32);
}

}  // namespace
}  // namespace reprise::tests
