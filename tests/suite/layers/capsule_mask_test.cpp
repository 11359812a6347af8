#include "suite/layers/capsule_mask.hpp"

#include <gtest/gtest.h>

#include "tests/suite/layers/capsule_cases.hpp"

namespace reprise::tests {
namespace {

TEST(CapsuleMask, keeps_the_labelled_capsule_in_training_and_the_longest_elsewhere) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    LayerCase c = case_of(std::make_shared<layers::CapsuleMask>(layers::CapsuleMask::Options{.by_label = true}), {{1, 3, 2}}, precision);
    c.samples = 2, c.shards = 1, c.count = 2;
    c.labels = {2, 0};
    const LayerValues values{{{1, 2, 5, 6, 3, 4, 1, 1, 2, 2, -2, 2}}, {}};
    const Doubles grad{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const LayerResult trained = run_layer(c, values, grad);
    EXPECT_EQ(trained.output, (Doubles{0, 0, 0, 0, 3, 4, 1, 1, 0, 0, 0, 0}));
    EXPECT_EQ(trained.grad_inputs[0], (Doubles{0, 0, 0, 0, 5, 6, 7, 8, 0, 0, 0, 0}));
    c.mode = layers::Mode::infer;
    const Doubles longest{0, 0, 5, 6, 0, 0, 0, 0, 2, 2, 0, 0};
    EXPECT_EQ(run_layer(c, values).output, longest);
    c.mode = layers::Mode::train;
    c.layer = std::make_shared<layers::CapsuleMask>(layers::CapsuleMask::Options{.by_label = false});
    EXPECT_EQ(run_layer(c, values).output, longest);
  }
}

}  // namespace
}  // namespace reprise::tests
