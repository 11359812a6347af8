#include "suite/layers/relu.hpp"

#include <gtest/gtest.h>

#include "suite/kernels/reference/elementwise.hpp"
#include "tests/suite/layers/activation_checks.hpp"

namespace reprise::tests {
namespace {

using layers::Relu;
using layers::ReluRule;

Doubles gradient(const Doubles& output, const Doubles& grad) {
  return kernels::reference::relu_grad(output, grad, kernels::Rule::gradient);
}

TEST(Relu, equals_the_reference_and_the_difference_quotient) {
  check_activation<Relu>(kernels::reference::relu, gradient);
}

TEST(Relu, in_place_equals_out_of_place) {
  check_in_place<Relu>();
}

TEST(Relu, values_by_hand) {
  EXPECT_EQ(at_minus_two_zero_two<Relu>().output, (Doubles{0, 0, 2}));
  EXPECT_EQ(at_minus_two_zero_two<Relu>().grad_inputs[0], (Doubles{0, 0, 1}));
}

TEST(Relu, rules_for_maps) {
  LayerCase c = case_of<Relu>({1, 1, 4});
  c.samples = 1, c.count = 1, c.mode = layers::Mode::infer;
  const auto back = [&](ReluRule rule) {
    c.relu_rule = rule;
    return run_layer(c, {{{-1, 1, -1, 1}}, {}}, {3, 3, -3, -3}).grad_inputs[0];
  };
  EXPECT_EQ(back(ReluRule::gradient), (Doubles{0, 3, 0, -3}));
  EXPECT_EQ(back(ReluRule::deconvnet), (Doubles{3, 3, 0, 0}));
  EXPECT_EQ(back(ReluRule::guided), (Doubles{0, 3, 0, 0}));
}

}  // namespace
}  // namespace reprise::tests
