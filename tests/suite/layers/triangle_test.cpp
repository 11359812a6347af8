#include "suite/layers/triangle.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/kernels/reference/plasticity.hpp"
#include "tests/suite/layers/row_reference.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::Triangle;

TEST(Triangle, keeps_what_exceeds_the_mean_of_the_position) {
  LayerCase c = case_of(std::make_shared<Triangle>(Triangle::Options{}), {1, 2, 4});
  c.samples = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{{1, 2, 3, 6, -4, 0, 0, 0}}, {}}, {1, 1, 1, 4, 1, 2, 3, 4});
  EXPECT_EQ(result.output, (Doubles{0, 0, 0, 3, 0, 1, 1, 1}));
  // Gradient of the last channel, 4, less its quarter; then 2, 3, 4 less 9/4.
  EXPECT_EQ(result.grad_inputs[0], (Doubles{-1, -1, -1, 3, -2.25, -0.25, 0.75, 1.75}));
}

TEST(Triangle, squares_what_is_left_with_power_two) {
  LayerCase c = case_of(std::make_shared<Triangle>(Triangle::Options{.power = 2}), {1, 1, 4});
  c.samples = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{{1, 2, 3, 6}}, {}}, {0, 0, 0, 1});
  EXPECT_NEAR_ARRAY(result.output, (Doubles{0, 0, 0, 9}), kTranscendental, kRoundoffF32);
  EXPECT_NEAR_ARRAY(result.grad_inputs[0], (Doubles{-1.5, -1.5, -1.5, 4.5}), kTranscendental, kRoundoffF32);
}

TEST(Triangle, equals_the_reference_in_float32) {
  for (const long channels : kChannelCounts)
    for (const double power : {0.7, 1.0, 1.4}) {
      const LayerCase c = case_of(std::make_shared<Triangle>(Triangle::Options{.power = power}), {3, 5, channels});
      EXPECT_WITHIN_TOLERANCE(
          against_reference(c, reference_of(c, reference::triangle, reference::triangle_grad, power), roundings(channels)));
    }
}

TEST(Triangle, stored_in_bfloat16_it_keeps_eight_bits) {
  const LayerCase c = case_of(std::make_shared<Triangle>(Triangle::Options{.power = 1.4}), {3, 5, 24}, Precision::bf16);
  Roundings wide = roundings(24);
  wide.stored_gradient = 3;  // the output that the slope is taken from was stored, too
  EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, reference::triangle, reference::triangle_grad, 1.4), wide));
}

TEST(Triangle, gradient_is_the_difference_quotient) {
  for (const double power : {1.0, 1.4, 2.0}) {
    const LayerCase c = case_of(std::make_shared<Triangle>(Triangle::Options{.power = power}), {2, 3, 5});
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, reference::triangle, reference::triangle_grad, power), roundings(5)));
  }
}

TEST(Triangle, refuses_a_power_that_is_not_positive) {
  EXPECT_THROW(Triangle({.power = 0}), InputError);
}

}  // namespace
}  // namespace reprise::tests
