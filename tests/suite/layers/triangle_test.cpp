#include "suite/layers/triangle.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/kernels/reference/plasticity.hpp"
#include "suite/layers/softmax.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::Softmax;
using layers::Triangle;

LayerCase case_of(std::shared_ptr<const layers::Layer> layer, SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::move(layer);
  result.inputs = {input};
  result.samples = 3;
  result.count = 2;
  result.precision = precision;
  return result;
}

using Row = Doubles (*)(const Doubles&, std::int64_t, double);
using RowGradient = Doubles (*)(const Doubles&, std::int64_t, double, const Doubles&);

Reference reference_of(const LayerCase& c, Row forward, RowGradient gradient, double option) {
  const std::int64_t channels = c.inputs[0].channels;
  return {sample_by_sample(c, [=](const Doubles& x) { return forward(x, channels, option); }),
          sample_by_sample_back(c, [=](const Doubles& x, const Doubles& dy) { return gradient(x, channels, option, dy); }),
          {}};
}

// The mean is a sum over the channels; the power multiplies the relative error of its base, and a logarithm and an exponential add theirs.
Roundings roundings(std::int64_t channels) {
  return {.output = 4 * (kTranscendental + sum_of(static_cast<double>(channels))),
          .gradient = 4 * (kTranscendental + sum_of(static_cast<double>(channels)))};
}

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

TEST(SoftmaxLayer, equals_the_reference_and_its_difference_quotient) {
  for (const double gain : {1.0, 5.0}) {
    const auto layer = std::make_shared<Softmax>(Softmax::Options{.gain = gain});
    for (const long channels : kChannelCounts)
      for (const Precision precision : {Precision::f32, Precision::bf16}) {
        const LayerCase c = case_of(layer, {3, 5, channels}, precision);
        Roundings wide = roundings(channels);
        wide.output *= gain * 4, wide.gradient *= gain * 4;  // an exponent of gain times a few units
        wide.stored_gradient = 3;
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, reference::softmax, reference::softmax_grad, gain), wide));
      }
    const LayerCase c = case_of(layer, {2, 3, 5});
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, reference::softmax, reference::softmax_grad, gain),
                                                {.output = 100 * gain, .gradient = 100 * gain}));
  }
}

}  // namespace
}  // namespace reprise::tests
