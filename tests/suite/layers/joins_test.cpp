// Add, Concat and Flatten move numbers; nothing may be rounded but sums.

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/layers/add.hpp"
#include "suite/layers/concat.hpp"
#include "suite/layers/flatten.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

using layers::Add;
using layers::Concat;
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

TEST(Joins, values_by_hand) {
  LayerCase add = case_of(std::make_shared<Add>(), {{1, 1, 2}, {1, 1, 2}, {1, 1, 2}});
  add.samples = 1, add.count = 1;
  const LayerResult sum = run_layer(add, {{{1, 2}, {10, 20}, {100, 200}}, {}}, {5, 6});
  EXPECT_EQ(sum.output, (Doubles{111, 222}));
  for (const Doubles& grad : sum.grad_inputs) EXPECT_EQ(grad, (Doubles{5, 6}));

  LayerCase concat = case_of(std::make_shared<Concat>(), {{1, 2, 1}, {1, 2, 2}});
  concat.samples = 1, concat.count = 1;
  const LayerResult joined = run_layer(concat, {{{1, 2}, {10, 11, 20, 21}}, {}}, {5, 6, 7, 8, 9, 10});
  EXPECT_EQ(joined.output, (Doubles{1, 10, 11, 2, 20, 21}));
  EXPECT_EQ(joined.grad_inputs[0], (Doubles{5, 8}));
  EXPECT_EQ(joined.grad_inputs[1], (Doubles{6, 7, 9, 10}));
}

TEST(Joins, add_equals_the_sum_and_passes_the_gradient_to_every_input) {
  for (const long channels : kChannelCounts)
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const SampleShape shape{3, 5, channels};
      const LayerCase c = case_of(std::make_shared<Add>(), {shape, shape, shape}, precision);
      Reference reference;
      reference.forward = [precision](const LayerValues& v) {
        Doubles output = v.inputs[0];
        for (std::size_t k = 1; k < 3; ++k) {
          for (std::size_t i = 0; i < output.size(); ++i) output[i] += v.inputs[k][i];
          output = read_bytes(stored_bytes(output, precision).data(), static_cast<std::int64_t>(output.size()), precision);
        }
        return output;
      };
      reference.backward = [](const LayerValues&, const Doubles& grad) {
        LayerResult back;
        back.grad_inputs = {grad, grad, grad};
        return back;
      };
      EXPECT_WITHIN_TOLERANCE(against_reference(c, reference, {}));
    }
}

TEST(Joins, concat_and_its_gradient_are_exact_inverses) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    const LayerCase c = case_of(std::make_shared<Concat>(), {{3, 5, 17}, {3, 5, 1}, {3, 5, 24}}, precision);
    EXPECT_EQ(c.output(), (SampleShape{3, 5, 42}));
    const LayerValues values = random_values(c, 1);
    const LayerResult joined = run_layer(c, values);
    EXPECT_EQ(run_layer(c, values, joined.output).grad_inputs, values.inputs);
  }
}

TEST(Joins, flatten_keeps_memory_order_in_and_out_of_place) {
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

TEST(Joins, add_in_place_equals_out_of_place) {
  const SampleShape shape{3, 5, 7};
  LayerCase c = case_of(std::make_shared<Add>(), {shape, shape, shape});
  const LayerValues values = random_values(c, 1);
  const Doubles grad = random_grad_output(c, 2);
  const LayerResult apart = run_layer(c, values, grad);
  c.in_place = true;
  const LayerResult together = run_layer(c, values, grad);
  EXPECT_EQ(together.output, apart.output);
  EXPECT_EQ(together.grad_inputs, apart.grad_inputs);
}

TEST(Joins, refuse_shapes_that_do_not_fit) {
  const std::vector<SampleShape> one{{3, 5, 7}}, different{{3, 5, 7}, {3, 5, 8}}, lower{{3, 5, 7}, {2, 5, 7}}, none;
  EXPECT_THROW(Add().output_shape(one), ShapeError);
  EXPECT_THROW(Add().output_shape(different), ShapeError);
  EXPECT_THROW(Concat().output_shape(lower), ShapeError);
  EXPECT_THROW(Concat().output_shape(none), ShapeError);
  EXPECT_THROW(Flatten().output_shape(different), ShapeError);
  try {
    Add().output_shape(different);
  } catch (const ShapeError& error) {
    EXPECT_STREQ(error.what(), "add: expected inputs of one shape, [3, 5, 7], found [3, 5, 8]. project one of them");
  }
}

}  // namespace
}  // namespace reprise::tests
