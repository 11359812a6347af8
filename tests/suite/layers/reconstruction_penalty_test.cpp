#include "suite/layers/reconstruction_penalty.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "tests/suite/layers/capsule_cases.hpp"

namespace reprise::tests {
namespace {

TEST(ReconstructionPenalty, adds_its_gradient_to_the_decoder_alone) {
  const double weight = 0.25;
  const LayerCase c = case_of(std::make_shared<layers::ReconstructionPenalty>(layers::ReconstructionPenalty::Options{.weight = weight}),
                              {{1, 1, 4}, {1, 1, 18}, {3, 3, 2}});
  Reference right;
  right.forward = [](const LayerValues& values) { return values.inputs[0]; };
  right.penalty = [&](const LayerValues& values) {
    double sum = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(c.count * 18); ++i) sum += std::pow(values.inputs[1][i] - values.inputs[2][i], 2);
    return weight * sum / static_cast<double>(c.count);
  };
  EXPECT_WITHIN_TOLERANCE(against_differences(c, right, {}));
  LayerCase tested = c;
  tested.mode = layers::Mode::infer;
  const LayerValues values = random_values(tested, 1);
  const Doubles grad = random_grad_output(tested, 2);
  const LayerResult result = run_layer(tested, values, grad);
  EXPECT_EQ(result.output, values.inputs[0]);
  EXPECT_EQ(result.grad_inputs[1], Doubles(result.grad_inputs[1].size(), 0.0));
  EXPECT_THROW(c.layer->output_shape(std::vector<SampleShape>{{1, 1, 4}, {1, 1, 17}, {3, 3, 2}}), ShapeError);
  EXPECT_THROW(layers::ReconstructionPenalty({.weight = -1}), InputError);
}

}  // namespace
}  // namespace reprise::tests
