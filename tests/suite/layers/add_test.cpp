#include "suite/layers/add.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

using layers::Add;

LayerCase case_of(std::shared_ptr<const layers::Layer> layer, std::vector<SampleShape> inputs, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::move(layer);
  result.inputs = std::move(inputs);
  result.samples = 2;
  result.count = 2;
  result.precision = precision;
  return result;
}

TEST(Add, values_by_hand) {
  LayerCase add = case_of(std::make_shared<Add>(), {{1, 1, 2}, {1, 1, 2}, {1, 1, 2}});
  add.samples = 1, add.count = 1;
  const LayerResult sum = run_layer(add, {{{1, 2}, {10, 20}, {100, 200}}, {}}, {5, 6});
  EXPECT_EQ(sum.output, (Doubles{111, 222}));
  for (const Doubles& grad : sum.grad_inputs) EXPECT_EQ(grad, (Doubles{5, 6}));
}

TEST(Add, equals_the_sum_and_passes_the_gradient_to_every_input) {
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

TEST(Add, in_place_equals_out_of_place) {
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

TEST(Add, refuses_shapes_that_do_not_fit) {
  const std::vector<SampleShape> one{{3, 5, 7}}, different{{3, 5, 7}, {3, 5, 8}};
  EXPECT_THROW(Add().output_shape(one), ShapeError);
  EXPECT_THROW(Add().output_shape(different), ShapeError);
  try {
    Add().output_shape(different);
  } catch (const ShapeError& error) {
    EXPECT_STREQ(error.what(), "add: expected inputs of one shape, [3, 5, 7], found [3, 5, 8]. project one of them");
  }
}

}  // namespace
}  // namespace reprise::tests
