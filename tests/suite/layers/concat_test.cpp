#include "suite/layers/concat.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

using layers::Concat;

LayerCase case_of(std::shared_ptr<const layers::Layer> layer, std::vector<SampleShape> inputs, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::move(layer);
  result.inputs = std::move(inputs);
  result.samples = 2;
  result.count = 2;
  result.precision = precision;
  return result;
}

TEST(Concat, values_by_hand) {
  LayerCase concat = case_of(std::make_shared<Concat>(), {{1, 2, 1}, {1, 2, 2}});
  concat.samples = 1, concat.count = 1;
  const LayerResult joined = run_layer(concat, {{{1, 2}, {10, 11, 20, 21}}, {}}, {5, 6, 7, 8, 9, 10});
  EXPECT_EQ(joined.output, (Doubles{1, 10, 11, 2, 20, 21}));
  EXPECT_EQ(joined.grad_inputs[0], (Doubles{5, 8}));
  EXPECT_EQ(joined.grad_inputs[1], (Doubles{6, 7, 9, 10}));
}

TEST(Concat, and_its_gradient_are_exact_inverses) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    const LayerCase c = case_of(std::make_shared<Concat>(), {{3, 5, 17}, {3, 5, 1}, {3, 5, 24}}, precision);
    EXPECT_EQ(c.output(), (SampleShape{3, 5, 42}));
    const LayerValues values = random_values(c, 1);
    const LayerResult joined = run_layer(c, values);
    EXPECT_EQ(run_layer(c, values, joined.output).grad_inputs, values.inputs);
  }
}

TEST(Concat, grows_in_wider_rows_and_leaves_what_is_in_its_place) {
  const std::vector<SampleShape> shapes{{1, 2, 2}, {1, 2, 1}};
  const auto concat = Concat().prepare(shapes, {.samples = 1});
  std::vector<float> rows{1, 2, 0, -9, 3, 4, 0, -9}, added{5, 6};
  const std::vector<const void*> inputs{rows.data(), added.data()};
  layers::ForwardArgs forward;
  forward.inputs = inputs, forward.output = rows.data(), forward.output_pitch = 4;
  concat->forward(forward);
  EXPECT_EQ(rows, (std::vector<float>{1, 2, 5, -9, 3, 4, 6, -9}));

  std::vector<float> grad_added(2, 77);
  const std::vector<void*> grad_inputs{rows.data(), grad_added.data()};
  layers::BackwardArgs backward;
  backward.grad_output = rows.data(), backward.grad_inputs = grad_inputs, backward.grad_output_pitch = 4;
  concat->backward(backward);
  EXPECT_EQ(grad_added, (std::vector<float>{5, 6}));
  EXPECT_EQ(rows, (std::vector<float>{1, 2, 5, -9, 3, 4, 6, -9}));
}

TEST(Concat, refuses_shapes_that_do_not_fit) {
  const std::vector<SampleShape> lower{{3, 5, 7}, {2, 5, 7}}, none;
  EXPECT_THROW(Concat().output_shape(lower), ShapeError);
  EXPECT_THROW(Concat().output_shape(none), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
