#include "suite/layers/first_token.hpp"

#include <gtest/gtest.h>

#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

using layers::FirstToken;

TEST(FirstToken, passes_one_token_and_its_gradient) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    LayerCase c = five_samples(std::make_shared<FirstToken>(), {3, 1, 2}, precision);
    c.samples = 2, c.shards = 1, c.count = 2;
    const LayerResult result = run_layer(c, {{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}, {}}, {1, 2, 3, 4});
    EXPECT_EQ(result.output, (Doubles{1, 2, 7, 8}));
    EXPECT_EQ(result.grad_inputs[0], (Doubles{1, 2, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0}));
  }
}

}  // namespace
}  // namespace reprise::tests
