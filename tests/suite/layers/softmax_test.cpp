#include "suite/layers/softmax.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/kernels/reference/plasticity.hpp"
#include "tests/suite/layers/row_reference.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::Softmax;

TEST(Softmax, equals_the_reference_and_its_difference_quotient) {
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

TEST(Softmax, values_by_hand) {
  LayerCase c = case_of(std::make_shared<Softmax>(Softmax::Options{.gain = 2}), {1, 1, 2});
  c.samples = 1, c.count = 1;
  // exp(2 x): 9 to 1. The gradient of the first value: gain 0.9 (1 - 0.9), and less the same.
  const LayerResult result = run_layer(c, {{{std::log(3.0), 0}}, {}}, {1, 0});
  EXPECT_NEAR_ARRAY(result.output, (Doubles{0.9, 0.1}), kTranscendental, kRoundoffF32);
  EXPECT_NEAR_ARRAY(result.grad_inputs[0], (Doubles{0.18, -0.18}), 4 * kTranscendental, kRoundoffF32);
}

}  // namespace
}  // namespace reprise::tests
