#include "suite/layers/locally_connected2d.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/kernels/reference/convolution.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::LocallyConnected2d;

LayerCase case_of(LocallyConnected2d::Options options, SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<LocallyConnected2d>(options);
  result.inputs = {input};
  result.samples = 2;
  result.shards = 2;
  result.count = 3;
  result.precision = precision;
  return result;
}

Reference reference_of(const LayerCase& c, const LocallyConnected2d::Options& o) {
  const reference::ConvolutionShape shape{.samples = c.rows(),
                                          .height = c.inputs[0].height,
                                          .width = c.inputs[0].width,
                                          .channels = c.inputs[0].channels,
                                          .filters = o.filters,
                                          .filter_size = o.filter_size,
                                          .stride = o.stride,
                                          .padding = o.padding};
  Reference result;
  result.forward = [=](const LayerValues& v) { return reference::locally_connected(shape, v.inputs[0], v.parameters[0], v.parameters[1]); };
  result.backward = [=](const LayerValues& v, const Doubles& grad_output) {
    const reference::ProductGradients grads = reference::locally_connected_grad(shape, v.inputs[0], v.parameters[0], grad_output);
    LayerResult back;
    back.grad_inputs = {grads.input};
    back.grad_parameters = {grads.weight, grads.bias};
    return back;
  };
  return result;
}

Roundings roundings_of(const LayerCase& c, const LocallyConnected2d::Options& o) {
  const auto area = static_cast<double>(o.filter_size * o.filter_size);
  // A patch's gradient is a sum over filters, stored; an input value is a sum over the patches that it lies in.
  return {.output = sum_of(area * static_cast<double>(c.inputs[0].channels)),
          .gradient = sum_of(std::max(area * static_cast<double>(o.filters), static_cast<double>(c.count))),
          .stored_gradient = 1 + area};
}

TEST(LocallyConnected2d, values_by_hand) {
  // Windows of 2x2 at the two positions of an image of 2x3, each with a filter and a bias of its own.
  LayerCase c = case_of({.filters = 1, .filter_size = 2}, {2, 3, 1});
  c.samples = c.shards = 1, c.count = 1;
  const Doubles image{1, 2, 3, 4, 5, 6};
  const LayerResult result = run_layer(c, {{image}, {{1, 0, 0, 1, 1, 10, 100, 1000}, {0.5, -1}}}, {2, 3});
  EXPECT_EQ(result.output, (Doubles{1 + 5 + 0.5, 2 + 30 + 500 + 6000 - 1}));
  EXPECT_EQ(result.grad_parameters[0], (Doubles{2, 4, 8, 10, 6, 9, 15, 18}));
  EXPECT_EQ(result.grad_parameters[1], (Doubles{2, 3}));
  EXPECT_EQ(result.grad_inputs[0], (Doubles{2, 3, 30, 0, 2 + 300, 3000}));
}

TEST(LocallyConnected2d, equals_the_reference_in_both_precisions) {
  for (const LocallyConnected2d::Options& o : {LocallyConnected2d::Options{.filters = 3, .filter_size = 3, .padding = 1},
                                               {.filters = 16, .filter_size = 2, .stride = 2},
                                               {.filters = 17, .filter_size = 3, .stride = 2, .padding = 2},
                                               {.filters = 1, .filter_size = 1}})
    for (const std::int64_t channels : {1, 3, 16, 19})
      for (const Precision precision : {Precision::f32, Precision::bf16}) {
        const LayerCase c = case_of(o, {4, 5, channels}, precision);
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, o), roundings_of(c, o)));
      }
}

TEST(LocallyConnected2d, gradient_is_the_difference_quotient) {
  const LocallyConnected2d::Options o{.filters = 2, .filter_size = 3, .stride = 2, .padding = 1};
  const LayerCase c = case_of(o, {4, 3, 2});
  EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, o), roundings_of(c, o)));
}

/// With the same filters at every position it is a convolution.
TEST(LocallyConnected2d, equals_a_convolution_whose_filters_are_copied_to_every_position) {
  const LocallyConnected2d::Options o{.filters = 4, .filter_size = 3, .padding = 1};
  const LayerCase c = case_of(o, {3, 4, 2});
  LayerValues values = random_values(c, 1);
  const std::int64_t per_position = o.filters * 9 * 2;
  const Doubles filters(values.parameters[0].begin(), values.parameters[0].begin() + per_position);  // [K, R, S, C]
  for (std::size_t i = 0; i < values.parameters[0].size(); ++i) values.parameters[0][i] = filters[i % filters.size()];
  std::fill(values.parameters[1].begin(), values.parameters[1].end(), 0.0);
  Doubles convolution_filters(filters.size());  // [K, C, R, S]
  for (std::size_t k = 0; k < 4; ++k)
    for (std::size_t area = 0; area < 9; ++area)
      for (std::size_t channel = 0; channel < 2; ++channel)
        convolution_filters[(k * 2 + channel) * 9 + area] = filters[(k * 9 + area) * 2 + channel];
  const Doubles expected =
      reference::convolution({.samples = 4, .height = 3, .width = 4, .channels = 2, .filters = 4, .filter_size = 3, .padding = 1},
                             values.inputs[0], convolution_filters, {});
  EXPECT_NEAR_ARRAY(run_layer(c, values).output, expected, sum_of(18), kRoundoffF32);
}

TEST(LocallyConnected2d, counts_its_parameters_and_refuses_what_does_not_fit) {
  const std::vector<SampleShape> input{{8, 8, 64}};
  const LocallyConnected2d layer({.filters = 16, .filter_size = 3, .padding = 1});
  EXPECT_EQ(layer.output_shape(input), (SampleShape{8, 8, 16}));
  EXPECT_EQ(layer.parameters(input)[0].count(), 8 * 8 * 16 * 9 * 64);
  EXPECT_EQ(layer.parameters(input)[1].count(), 8 * 8 * 16);
  EXPECT_EQ(layer.cost(input).forward_macs, 8 * 8 * 16 * 9 * 64);
  EXPECT_THROW(LocallyConnected2d({.filters = 16, .filter_size = 9}).output_shape(input), ShapeError);
  EXPECT_THROW(LocallyConnected2d({.filters = 0}).output_shape(input), ShapeError);
  EXPECT_THROW(LocallyConnected2d({.stride = 0}).output_shape(input), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
