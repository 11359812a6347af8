#include "suite/layers/capsule_lengths.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/suite/layers/capsule_cases.hpp"

namespace reprise::tests {
namespace {

TEST(CapsuleLengths, equal_the_reference_and_central_differences) {
  const LayerCase c = case_of(std::make_shared<layers::CapsuleLengths>(), {{1, 5, 7}});
  Reference right;
  right.forward = sample_by_sample(c, [](const Doubles& x) {
    return each_capsule(x, 7, [](const Doubles& v, std::size_t) {
      double square = 0;
      for (const double value : v) square += value * value;
      return Doubles{std::sqrt(square)};
    });
  });
  const Roundings roundings{.output = sum_of(7) + kTranscendental, .gradient = sum_of(7) + kTranscendental};
  EXPECT_WITHIN_TOLERANCE(against_differences(c, right, roundings));
  LayerCase one = c;
  one.inputs = {{1, 2, 2}};
  one.samples = 1, one.shards = 1, one.count = 1;
  const LayerResult result = run_layer(one, {{{3, 4, 0, 0}}, {}}, {10, 1});
  EXPECT_EQ(result.output, (Doubles{5, 0}));
  EXPECT_NEAR_ARRAY(result.grad_inputs[0], (Doubles{6, 8, 0, 0}), kElementwise, kRoundoffF32);
}

// Class capsules of a stack start some 1e-12 long; without a gradient there they would never grow.
TEST(CapsuleLengths, have_their_gradients_however_short_a_capsule_is) {
  for (const double scale : {1.0, 1e-8, 1e-12, 1e-16}) {
    LayerCase c = case_of(std::make_shared<layers::CapsuleLengths>(), {{1, 1, 2}});
    c.samples = 1, c.shards = 1, c.count = 1;
    EXPECT_NEAR_ARRAY(run_layer(c, {{{3 * scale, 4 * scale}}, {}}, {10}).grad_inputs[0], (Doubles{6, 8}), kElementwise, kRoundoffF32);
  }
}

}  // namespace
}  // namespace reprise::tests
