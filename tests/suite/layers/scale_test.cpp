#include "suite/layers/scale.hpp"

#include <gtest/gtest.h>

#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

using layers::Scale;

TEST(Scale, multiplies_both_ways) {
  for (const bool in_place : {false, true}) {
    LayerCase c;
    c.layer = std::make_shared<Scale>(Scale::Options{.factor = 0.25});
    c.inputs = {{1, 1, 3}};
    c.samples = 1, c.count = 1;
    c.in_place = in_place && c.layer->forward_in_place();
    const LayerResult result = run_layer(c, {{{-2, 0, 6}}, {}}, {4, 8, -4});
    EXPECT_EQ(result.output, (Doubles{-0.5, 0, 1.5}));
    EXPECT_EQ(result.grad_inputs[0], (Doubles{1, 2, -1}));
  }
}

}  // namespace
}  // namespace reprise::tests
