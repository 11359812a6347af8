#include "suite/layers/flatten.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

using layers::Flatten;

LayerCase case_of(std::shared_ptr<const layers::Layer> layer, std::vector<SampleShape> inputs, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::move(layer);
  result.inputs = std::move(inputs);
  result.samples = 2;
  result.count = 2;
  result.precision = precision;
  return result;
}

TEST(Flatten, keeps_memory_order_in_and_out_of_place) {
  LayerCase c = case_of(std::make_shared<Flatten>(), {{3, 5, 7}});
  EXPECT_EQ(c.output(), (SampleShape{1, 1, 105}));
  const LayerValues values = random_values(c, 1);
  const Doubles grad = random_grad_output(c, 2);
  for (const bool in_place : {false, true}) {
    c.in_place = in_place;
    const LayerResult result = run_layer(c, values, grad);
    EXPECT_EQ(result.output, values.inputs[0]);
    EXPECT_EQ(result.grad_inputs[0], grad);
  }
}

TEST(Flatten, refuses_more_than_one_input) {
  const std::vector<SampleShape> two{{3, 5, 7}, {3, 5, 8}};
  EXPECT_THROW(Flatten().output_shape(two), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
