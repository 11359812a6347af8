#include "suite/layers/tanh.hpp"

#include <gtest/gtest.h>

#include "suite/kernels/reference/elementwise.hpp"
#include "tests/suite/layers/activation_checks.hpp"

namespace reprise::tests {
namespace {

using layers::Tanh;

TEST(Tanh, equals_the_reference_and_the_difference_quotient) {
  check_activation<Tanh>(kernels::reference::tanh, kernels::reference::tanh_grad);
}

TEST(Tanh, in_place_equals_out_of_place) {
  check_in_place<Tanh>();
}

TEST(Tanh, values_by_hand) {
  EXPECT_NEAR_ARRAY(at_minus_two_zero_two<Tanh>().output, (Doubles{-0.9640275801, 0, 0.9640275801}), 4, kRoundoffF32);
  EXPECT_NEAR_ARRAY(at_minus_two_zero_two<Tanh>().grad_inputs[0], (Doubles{0.0706508249, 1, 0.0706508249}), 4, kRoundoffF32);
}

}  // namespace
}  // namespace reprise::tests
