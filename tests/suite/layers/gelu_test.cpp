#include "suite/layers/gelu.hpp"

#include <gtest/gtest.h>

#include "suite/kernels/reference/elementwise.hpp"
#include "tests/suite/layers/activation_checks.hpp"

namespace reprise::tests {
namespace {

using layers::Gelu;

TEST(Gelu, equals_the_reference_and_the_difference_quotient) {
  const auto reference_of_gelu = [] {
    Reference result;
    result.forward = [](const LayerValues& values) { return kernels::reference::gelu(values.inputs[0]); };
    result.backward = [](const LayerValues& values, const Doubles& grad_output) {
      LayerResult back;
      back.grad_inputs = {kernels::reference::gelu_grad(values.inputs[0], grad_output)};
      return back;
    };
    return result;
  };
  for (const long channels : kChannelCounts)
    for (const Precision precision : {Precision::f32, Precision::bf16})
      EXPECT_WITHIN_TOLERANCE(against_reference(case_of<Gelu>({3, 5, channels}, precision), reference_of_gelu(),
                                                {.output = kTranscendental, .gradient = kTranscendental}));
  EXPECT_WITHIN_TOLERANCE(
      against_differences(case_of<Gelu>({2, 3, 5}), reference_of_gelu(), {.output = kTranscendental, .gradient = kTranscendental}));
}

TEST(Gelu, values_by_hand) {
  EXPECT_NEAR_ARRAY(at_minus_two_zero_two<Gelu>().output, (Doubles{-0.0455002639, 0, 1.9544997361}), 4, kRoundoffF32);
  EXPECT_NEAR_ARRAY(at_minus_two_zero_two<Gelu>().grad_inputs[0], (Doubles{-0.0852318054, 0.5, 1.0852318054}), 4, kRoundoffF32);
}

}  // namespace
}  // namespace reprise::tests
