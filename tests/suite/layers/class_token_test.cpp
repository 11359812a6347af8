#include "suite/layers/class_token.hpp"

#include <gtest/gtest.h>

#include "tests/suite/layers/channel_counts.hpp"
#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

using layers::ClassToken;

TEST(ClassToken, comes_first_and_its_gradient_is_the_sum_over_the_samples) {
  LayerCase c = five_samples(std::make_shared<ClassToken>(), {2, 1, 2});
  c.samples = 2, c.shards = 1, c.count = 2;
  const LayerResult result = run_layer(c, {{{1, 2, 3, 4, 5, 6, 7, 8}}, {{10, 20}}}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  EXPECT_EQ(result.output, (Doubles{10, 20, 1, 2, 3, 4, 10, 20, 5, 6, 7, 8}));
  EXPECT_EQ(result.grad_inputs[0], (Doubles{3, 4, 5, 6, 9, 10, 11, 12}));
  EXPECT_EQ(result.grad_parameters[0], (Doubles{8, 10}));
}

TEST(ClassToken, equals_the_reference_and_the_difference_quotient) {
  for (const long channels : kChannelCounts)
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const LayerCase c = five_samples(std::make_shared<ClassToken>(), {3, 2, channels}, precision);
      EXPECT_EQ(c.output(), (SampleShape{7, 1, channels}));
      const Reference reference = of_samples(
          c,
          [](const Doubles& x, std::int64_t, const std::vector<Doubles>& p) {
            Doubles output = p[0];
            output.insert(output.end(), x.begin(), x.end());
            return output;
          },
          [channels](const Doubles&, std::int64_t, const std::vector<Doubles>&, const Doubles& dy) {
            return std::vector<Doubles>{Doubles(dy.begin() + channels, dy.end()), Doubles(dy.begin(), dy.begin() + channels)};
          });
      EXPECT_WITHIN_TOLERANCE(against_reference(c, reference, {.gradient = sum_of(5)}));
      if (precision == Precision::f32) EXPECT_WITHIN_TOLERANCE(against_differences(c, reference, {.gradient = sum_of(5)}));
    }
}

}  // namespace
}  // namespace reprise::tests
