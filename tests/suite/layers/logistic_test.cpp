#include "suite/layers/logistic.hpp"

#include <gtest/gtest.h>

#include "suite/kernels/reference/elementwise.hpp"
#include "tests/suite/layers/activation_checks.hpp"

namespace reprise::tests {
namespace {

using layers::Logistic;

TEST(Logistic, equals_the_reference_and_the_difference_quotient) {
  check_activation<Logistic>(kernels::reference::logistic, kernels::reference::logistic_grad);
}

TEST(Logistic, in_place_equals_out_of_place) {
  check_in_place<Logistic>();
}

TEST(Logistic, values_by_hand) {
  EXPECT_NEAR_ARRAY(at_minus_two_zero_two<Logistic>().output, (Doubles{0.1192029220, 0.5, 0.8807970780}), 4, kRoundoffF32);
  EXPECT_NEAR_ARRAY(at_minus_two_zero_two<Logistic>().grad_inputs[0], (Doubles{0.1049935854, 0.25, 0.1049935854}), 4, kRoundoffF32);
}

}  // namespace
}  // namespace reprise::tests
