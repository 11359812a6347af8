#include "suite/layers/conv2d.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/kernels/reference/convolution.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::Conv2d;
using layers::PaddingMode;

LayerCase case_of(Conv2d::Options options, SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<Conv2d>(options);
  result.inputs = {input};
  result.samples = 2;
  result.shards = 2;
  result.count = 3;
  result.precision = precision;
  return result;
}

Reference reference_of(const LayerCase& c, const Conv2d::Options& o) {
  const reference::ConvolutionShape shape{c.rows(),
                                          c.inputs[0].height,
                                          c.inputs[0].width,
                                          c.inputs[0].channels,
                                          o.filters,
                                          o.filter_size,
                                          o.stride,
                                          o.padding,
                                          o.groups,
                                          o.padding_mode == PaddingMode::reflect,
                                          o.ceil};
  Reference result;
  result.forward = [=](const LayerValues& v) {
    return reference::convolution(shape, v.inputs[0], v.parameters[0], o.bias ? v.parameters[1] : Doubles{});
  };
  result.backward = [=](const LayerValues& v, const Doubles& grad_output) {
    const reference::ProductGradients grads = reference::convolution_grad(shape, v.inputs[0], v.parameters[0], grad_output);
    LayerResult back;
    back.grad_inputs = {grads.input};
    back.grad_parameters = {grads.weight};
    if (o.bias) back.grad_parameters.push_back(grads.bias);
    return back;
  };
  return result;
}

/// Terms of the longest sums: a filter's products forward and back, a batch's positions for the weights.
Roundings roundings_of(const LayerCase& c, const Conv2d::Options& o) {
  const double area = static_cast<double>(o.filter_size * o.filter_size), groups = static_cast<double>(o.groups);
  const double forward = area * static_cast<double>(c.inputs[0].channels) / groups, back = area * static_cast<double>(o.filters) / groups;
  const double positions = static_cast<double>(c.count * c.output().positions());
  // A mirrored border's gradients are stored before up to four of them are added.
  return {.output = sum_of(forward),
          .gradient = sum_of(std::max(back, positions)),
          .stored_gradient = o.padding_mode == PaddingMode::reflect ? 4.0 : 1.0};
}

TEST(Conv2d, values_by_hand) {
  LayerCase c = case_of({.filters = 1, .filter_size = 2}, {2, 3, 1});
  c.samples = 1, c.shards = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{{1, 2, 3, 4, 5, 6}}, {{1, 10, 100, 1000}, {7}}}, {1, 2});
  EXPECT_EQ(result.output, (Doubles{1 + 20 + 400 + 5000 + 7, 2 + 30 + 500 + 6000 + 7}));
  EXPECT_EQ(result.grad_inputs[0], (Doubles{1, 12, 20, 100, 1200, 2000}));
  EXPECT_EQ(result.grad_parameters[0], (Doubles{1 + 4, 2 + 6, 4 + 10, 5 + 12}));
  EXPECT_EQ(result.grad_parameters[1], (Doubles{3}));
}

TEST(Conv2d, reflect_padding_mirrors_without_repeating_the_edge) {
  LayerCase c = case_of({.filters = 1, .filter_size = 3, .padding = 1, .padding_mode = PaddingMode::reflect, .bias = false}, {3, 3, 1});
  c.samples = 1, c.shards = 1, c.count = 1;
  // The filter reads the upper left neighbour: the corner sees (1, 1), the cell right of it (1, 0).
  Doubles weight(9, 0.0);
  weight[0] = 1;
  const LayerResult result = run_layer(c, {{{1, 2, 3, 4, 5, 6, 7, 8, 9}}, {weight}}, {1, 1, 1, 1, 1, 1, 1, 1, 1});
  EXPECT_EQ(result.output, (Doubles{5, 4, 5, 2, 1, 2, 5, 4, 5}));
  EXPECT_EQ(result.grad_inputs[0], (Doubles{1, 2, 0, 2, 4, 0, 0, 0, 0}));
}

const Conv2d::Options kOptions[] = {
    {.filters = 5, .filter_size = 3, .padding = 1},
    {.filters = 24, .filter_size = 3, .stride = 2, .padding = 1},
    {.filters = 17, .filter_size = 1, .bias = false},
    {.filters = 16, .filter_size = 5, .stride = 3, .padding = 2},
    {.filters = 3, .filter_size = 3, .stride = 2, .padding = 0},
    {.filters = 24, .filter_size = 4, .stride = 3, .ceil = true},
    {.filters = 16, .filter_size = 5, .stride = 4, .padding = 1, .ceil = true},
    {.filters = 8, .filter_size = 3, .padding = 1, .padding_mode = PaddingMode::reflect},
    {.filters = 8, .filter_size = 5, .stride = 2, .padding = 2, .padding_mode = PaddingMode::reflect, .bias = false},
};

TEST(Conv2d, equals_the_reference_in_both_precisions) {
  for (const long channels : kChannelCounts)
    for (const Conv2d::Options& o : kOptions)
      for (const Precision precision : {Precision::f32, Precision::bf16}) {
        const LayerCase c = case_of(o, {6, 7, channels}, precision);
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, o), roundings_of(c, o)));
      }
}

TEST(Conv2d, groups_equal_the_reference_in_both_precisions) {
  for (const auto& [channels, filters, groups] : {std::tuple{4L, 6L, 2L}, {6L, 6L, 6L}, {32L, 64L, 4L}, {16L, 32L, 2L}, {10L, 5L, 5L}})
    for (const PaddingMode mode : {PaddingMode::zeros, PaddingMode::reflect})
      for (const Precision precision : {Precision::f32, Precision::bf16}) {
        const Conv2d::Options o{.filters = filters, .filter_size = 3, .stride = 1, .padding = 1, .padding_mode = mode, .groups = groups};
        const LayerCase c = case_of(o, {5, 6, channels}, precision);
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, o), roundings_of(c, o)));
      }
}

TEST(Conv2d, gradient_is_the_difference_quotient) {
  for (Conv2d::Options o : kOptions) {
    o.filters = std::min<std::int64_t>(o.filters, 4);
    LayerCase c = case_of(o, {5, 6, 2});
    c.samples = 1, c.shards = 2, c.count = 2;
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, o), roundings_of(c, o)));
  }
  const Conv2d::Options grouped{.filters = 4, .filter_size = 3, .padding = 1, .groups = 2};
  LayerCase c = case_of(grouped, {4, 5, 4});
  c.samples = 1, c.shards = 2, c.count = 2;
  EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, grouped), roundings_of(c, grouped)));
}

/// What mlpconv rests on: at every position the same matrix product over channels.
TEST(Conv2d, a_filter_of_1x1_is_a_matrix_product_over_channels) {
  for (const std::int64_t filters : {10, 16, 96}) {
    const Conv2d::Options o{.filters = filters, .filter_size = 1};
    const LayerCase c = case_of(o, {5, 3, 24});
    const LayerValues values = random_values(c, 1);
    const Doubles grad = random_grad_output(c, 2);
    const LayerResult found = run_layer(c, values, grad);
    const std::int64_t positions = c.rows() * 15;
    EXPECT_NEAR_ARRAY(found.output, reference::dense(positions, 24, filters, values.inputs[0], values.parameters[0], values.parameters[1]),
                      sum_of(24), kRoundoffF32);
    const auto expected = reference::dense_grad(positions, 24, filters, values.inputs[0], values.parameters[0], grad);
    EXPECT_NEAR_ARRAY(found.grad_inputs[0], expected.input, sum_of(static_cast<double>(filters)), kRoundoffF32);
    EXPECT_NEAR_ARRAY(found.grad_parameters[0], expected.weight, sum_of(static_cast<double>(positions)), kRoundoffF32);
    EXPECT_NEAR_ARRAY(found.grad_parameters[1], expected.bias, sum_of(static_cast<double>(positions)), kRoundoffF32);
  }
}

TEST(Conv2d, bits_do_not_depend_on_the_other_samples_of_a_shard) {
  const LayerCase c = case_of({.filters = 24, .filter_size = 3, .padding = 1}, {7, 9, 17});
  LayerValues values = random_values(c, 1);
  const Doubles first = run_layer(c, values).output;
  const auto size = static_cast<std::size_t>(c.inputs[0].size()), out = static_cast<std::size_t>(c.output().size());
  for (std::size_t i = size; i < values.inputs[0].size(); ++i) values.inputs[0][i] *= 2;
  const Doubles second = run_layer(c, values).output;
  EXPECT_TRUE(std::equal(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(out), second.begin()));
}

TEST(Conv2d, a_window_that_hangs_over_the_edge_reads_zeros) {
  LayerCase c = case_of({.filters = 1, .filter_size = 2, .stride = 2, .ceil = true}, {1, 3, 1});
  EXPECT_THROW(c.output(), ShapeError);  // no window lies inside
  c = case_of({.filters = 1, .filter_size = 2, .stride = 2, .ceil = true}, {3, 3, 1});
  c.samples = 1, c.shards = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{{1, 2, 3, 4, 5, 6, 7, 8, 9}}, {{1, 10, 100, 1000}, {0}}}, {1, 1, 1, 1});
  EXPECT_EQ(result.output, (Doubles{1 + 20 + 400 + 5000, 3 + 600, 7 + 80, 9}));
  EXPECT_EQ(result.grad_inputs[0], (Doubles{1, 10, 1, 100, 1000, 100, 1, 10, 1}));
  EXPECT_EQ(result.grad_parameters[0], (Doubles{1 + 3 + 7 + 9, 2 + 8, 4 + 6, 5}));
}

/// Krizhevsky et al. 2012: 11x11 windows with stride 4 of 224 pixels give 55 positions.
TEST(Conv2d, rounds_up_only_if_asked) {
  const std::vector<SampleShape> input{{224, 227, 3}};
  EXPECT_EQ(Conv2d({.filters = 96, .filter_size = 11, .stride = 4}).output_shape(input), (SampleShape{54, 55, 96}));
  EXPECT_EQ(Conv2d({.filters = 96, .filter_size = 11, .stride = 4, .ceil = true}).output_shape(input), (SampleShape{55, 55, 96}));
  EXPECT_THROW(Conv2d({.filters = 8, .padding = 1, .padding_mode = PaddingMode::reflect, .ceil = true}).output_shape(input), ShapeError);
}

TEST(Conv2d, counts_its_parameters_and_multiply_adds) {
  const std::vector<SampleShape> input{{32, 32, 3}};
  const Conv2d layer({.filters = 96, .filter_size = 3, .padding = 1});
  EXPECT_EQ(layer.parameters(input)[0].count() + layer.parameters(input)[1].count(), 96 * 3 * 9 + 96);
  EXPECT_EQ(layer.cost(input).forward_macs, 32 * 32 * 96 * 27);
  EXPECT_EQ(layer.parameters(input)[0].initialisation.fan_in, 27);
  EXPECT_TRUE(layer.parameters(input)[0].decays && !layer.parameters(input)[1].decays);
  const Conv2d grouped({.filters = 96, .filter_size = 3, .padding = 1, .groups = 3});
  EXPECT_EQ(grouped.parameters(input)[0].count(), 96 * 9);
  EXPECT_EQ(grouped.cost(input).forward_macs, 32 * 32 * 96 * 9);
  EXPECT_EQ(grouped.parameters(input)[0].initialisation.fan_in, 9);
  EXPECT_EQ(grouped.parameters(input)[0].initialisation.fan_out, 32 * 9);
}

TEST(Conv2d, refuses_shapes_that_do_not_fit) {
  const std::vector<SampleShape> input{{4, 4, 6}};
  EXPECT_THROW(Conv2d({.filters = 8, .filter_size = 5}).output_shape(input), ShapeError);
  EXPECT_THROW(Conv2d({.filters = 8, .filter_size = 3, .groups = 4}).output_shape(input), ShapeError);
  EXPECT_THROW(Conv2d({.filters = 8, .filter_size = 3, .groups = 3}).output_shape(input), ShapeError);
  EXPECT_THROW(Conv2d({.filters = 8, .filter_size = 3, .padding = 4, .padding_mode = PaddingMode::reflect}).output_shape(input),
               ShapeError);
  EXPECT_THROW(Conv2d({.filters = 8, .filter_size = 3, .stride = 0}).output_shape(input), ShapeError);
  EXPECT_THROW(Conv2d({.filters = 8, .filter_size = 3}).output_shape(std::vector<SampleShape>(2, input[0])), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
