#include "suite/layers/group_conv2d.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/kernels/reference/convolution.hpp"
#include "tests/suite/layers/turned_maps.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::Conv2d;
using layers::GroupConv2d;
using layers::PlaneGroup;

LayerCase case_of(const GroupConv2d::Options& options, std::int64_t height, std::int64_t width, std::int64_t maps,
                  Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<GroupConv2d>(options);
  result.inputs = {{height, width, options.from_plane ? maps : maps * layers::orientations(options.group)}};
  result.samples = 2, result.shards = 2, result.count = 3;
  result.precision = precision;
  return result;
}

/// The plain convolution with the filters of all orientations, one after the other.
Conv2d::Options plain_options(const GroupConv2d::Options& o) {
  return {.filters = o.filters * layers::orientations(o.group),
          .filter_size = o.filter_size,
          .stride = o.stride,
          .padding = o.padding,
          .bias = o.bias};
}

std::vector<std::size_t> places_of(const GroupConv2d::Options& o, const LayerCase& c) {
  const int count = layers::orientations(o.group), planes = o.from_plane ? 1 : count;
  return places_of_filters(count, planes, o.filters, c.inputs[0].channels / planes, o.filter_size);
}

Doubles shown(const Doubles& stored, const std::vector<std::size_t>& places) {
  Doubles result;
  for (const std::size_t place : places) result.push_back(stored[place]);
  return result;
}

Doubles shown_bias(const Doubles& stored, int orientations) {
  Doubles result;
  for (int h = 0; h < orientations; ++h) result.insert(result.end(), stored.begin(), stored.end());
  return result;
}

Doubles summed_back(const Doubles& grad, const std::vector<std::size_t>& places, std::size_t count) {
  Doubles result(count, 0.0);
  for (std::size_t i = 0; i < places.size(); ++i) result[places[i]] += grad[i];
  return result;
}

Reference reference_of(const LayerCase& c, const GroupConv2d::Options& o) {
  const int count = layers::orientations(o.group);
  const reference::ConvolutionShape shape{c.rows(),          c.inputs[0].height, c.inputs[0].width, c.inputs[0].channels,
                                          o.filters * count, o.filter_size,      o.stride,          o.padding};
  const std::vector<std::size_t> places = places_of(o, c);
  Reference result;
  result.forward = [=](const LayerValues& v) {
    return reference::convolution(shape, v.inputs[0], shown(v.parameters[0], places),
                                  o.bias ? shown_bias(v.parameters[1], count) : Doubles{});
  };
  result.backward = [=](const LayerValues& v, const Doubles& grad_output) {
    const auto grads = reference::convolution_grad(shape, v.inputs[0], shown(v.parameters[0], places), grad_output);
    LayerResult back;
    back.grad_inputs = {grads.input};
    back.grad_parameters = {summed_back(grads.weight, places, v.parameters[0].size())};
    if (!o.bias) return back;
    std::vector<std::size_t> maps;
    for (std::int64_t k = 0; k < count * o.filters; ++k) maps.push_back(static_cast<std::size_t>(k % o.filters));
    back.grad_parameters.push_back(summed_back(grads.bias, maps, v.parameters[1].size()));
    return back;
  };
  return result;
}

/// Terms of the longest sums: a filter's products forward and back, a batch's positions in all orientations for the weights. Minimal
/// filtering of bfloat16 rounds tiles and filters besides: at most three roundings to storage were measured
/// (tests/suite/kernels/convolution_test.cpp).
Roundings roundings_of(const LayerCase& c, const GroupConv2d::Options& o) {
  const double area = static_cast<double>(o.filter_size * o.filter_size), count = layers::orientations(o.group);
  const double channels = static_cast<double>(c.inputs[0].channels), filters = count * static_cast<double>(o.filters);
  const bool in_tiles = c.precision == Precision::bf16 && o.filter_size == 3 && o.stride == 1 && std::min(channels, filters) >= 16;
  const double tiles = in_tiles ? 3 * kRoundoffBf16 / kRoundoffF32 : 0;
  return {.output = tiles + sum_of(area * channels),
          .gradient = tiles + sum_of(std::max(area * filters, count * static_cast<double>(c.count * c.output().positions())))};
}

TEST(GroupConv2d, values_by_hand) {
  LayerCase c = case_of({.from_plane = true, .filter_size = 2}, 2, 2, 1);
  c.samples = 1, c.shards = 1, c.count = 1;
  // The filter 1 10 / 100 1000 turned: 10 1000 / 1 100, then 1000 100 / 10 1, then 100 1 / 1000 10.
  const LayerResult result = run_layer(c, {{{1, 2, 3, 4}}, {{1, 10, 100, 1000}, {7}}}, {1, 2, 3, 4});
  EXPECT_EQ(result.output, (Doubles{4321 + 7, 2413 + 7, 1234 + 7, 3142 + 7}));
  EXPECT_EQ(result.grad_inputs[0], (Doubles{1 + 20 + 3000 + 400, 10 + 2000 + 300 + 4, 100 + 2 + 30 + 4000, 1000 + 200 + 3 + 40}));
  EXPECT_EQ(result.grad_parameters[0], (Doubles{1 + 6 + 12 + 8, 2 + 2 + 9 + 16, 3 + 8 + 6 + 4, 4 + 4 + 3 + 12}));
  EXPECT_EQ(result.grad_parameters[1], (Doubles{10}));
}

TEST(GroupConv2d, mirrored_orientations_by_hand) {
  LayerCase c = case_of({.group = PlaneGroup::p4m, .from_plane = true, .filter_size = 2, .bias = false}, 2, 2, 1);
  c.samples = 1, c.shards = 1, c.count = 1;
  // Behind the turns their mirror images, rows exchanged: 100 1000 / 1 10, 1 100 / 10 1000, 10 1 / 1000 100, 1000 10 / 100 1.
  const LayerResult result = run_layer(c, {{{1, 2, 3, 4}}, {{1, 10, 100, 1000}}});
  EXPECT_EQ(result.output, (Doubles{4321, 2413, 1234, 3142, 2143, 4231, 3412, 1324}));
}

TEST(GroupConv2d, planes_of_a_filter_by_hand) {
  // 1x1: orientation h reads plane s with what the filter has for h^-1 s.
  LayerCase p4 = case_of({.filter_size = 1, .bias = false}, 1, 1, 1);
  p4.samples = 1, p4.shards = 1, p4.count = 1;
  const LayerResult turns = run_layer(p4, {{{1, 0, 0, 0}}, {{1, 2, 3, 4}}}, {1, 0, 0, 0});
  EXPECT_EQ(turns.output, (Doubles{1, 4, 3, 2}));  // the inverses of 0, 1, 2, 3 are 0, 3, 2, 1
  EXPECT_EQ(turns.grad_parameters[0], (Doubles{1, 0, 0, 0}));
  LayerCase p4m = case_of({.group = PlaneGroup::p4m, .filter_size = 1, .bias = false}, 1, 1, 1);
  p4m.samples = 1, p4m.shards = 1, p4m.count = 1;
  const LayerResult all = run_layer(p4m, {{{0, 1, 0, 0, 0, 0, 0, 0}}, {{1, 2, 3, 4, 5, 6, 7, 8}}});
  // What h^-1 makes of a quarter turn; a mirroring turns it round: (1, r) (0, 1) = (1, r + 1).
  EXPECT_EQ(all.output, (Doubles{2, 1, 4, 3, 6, 7, 8, 5}));
}

struct Case {
  GroupConv2d::Options options;
  std::int64_t maps;
};

std::vector<Case> cases() {
  std::vector<Case> list;
  for (const PlaneGroup group : {PlaneGroup::p4, PlaneGroup::p4m})
    for (const bool from_plane : {true, false}) {
      list.push_back({{.group = group, .from_plane = from_plane, .filters = 3, .filter_size = 3, .padding = 1}, 1});
      list.push_back({{.group = group, .from_plane = from_plane, .filters = 10, .filter_size = 3}, 10});
      list.push_back({{.group = group, .from_plane = from_plane, .filters = 5, .filter_size = 4, .bias = false}, 2});
      list.push_back({{.group = group, .from_plane = from_plane, .filters = 4, .filter_size = 1, .stride = 2}, 3});
      list.push_back({{.group = group, .from_plane = from_plane, .filters = 8, .filter_size = 5, .stride = 2, .padding = 2}, 4});
    }
  return list;
}

TEST(GroupConv2d, equals_a_convolution_with_turned_filters_in_both_precisions) {
  for (const Case& one : cases())
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const LayerCase c = case_of(one.options, 6, 7, one.maps, precision);
      EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, one.options), roundings_of(c, one.options)));
    }
}

TEST(GroupConv2d, has_the_bits_of_the_plain_layer_with_turned_filters) {
  for (const Case& one : cases())
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const LayerCase c = case_of(one.options, 6, 7, one.maps, precision);
      LayerCase plain = c;
      plain.layer = std::make_shared<Conv2d>(plain_options(one.options));
      const LayerValues values = random_values(c, 1);
      LayerValues seen = values;
      seen.parameters[0] = shown(values.parameters[0], places_of(one.options, c));
      if (one.options.bias) seen.parameters[1] = shown_bias(values.parameters[1], layers::orientations(one.options.group));
      const Doubles grad = random_grad_output(c, 2);
      const LayerResult found = run_layer(c, values, grad), expected = run_layer(plain, seen, grad);
      EXPECT_EQ(found.output, expected.output);
      EXPECT_EQ(found.grad_inputs, expected.grad_inputs);
    }
}

TEST(GroupConv2d, gradient_is_the_difference_quotient) {
  for (const Case& one : cases()) {
    GroupConv2d::Options options = one.options;
    options.filters = 2;
    LayerCase c = case_of(options, 5, 6, 1);
    c.samples = 1, c.shards = 2, c.count = 2;
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, options), roundings_of(c, options)));
  }
}

/// The largest difference between the output for a turned input and the turned output, as a part of the tolerance for rounding.
double unlike(const GroupConv2d::Options& options, std::int64_t side, std::int64_t maps, int u) {
  const LayerCase c = case_of(options, side, side, maps);
  const int count = layers::orientations(options.group);
  LayerValues values = random_values(c, 1);
  const Doubles straight = run_layer(c, values).output;
  values.inputs[0] = turned(u, values.inputs[0], side, options.from_plane ? 1 : count, maps);
  return difference(run_layer(c, values).output, turned(u, straight, c.output().height, count, options.filters),
                    roundings_of(c, options).output, kRoundoffF32)
      .ratio;
}

TEST(GroupConv2d, turning_the_input_turns_the_output_and_its_orientations) {
  for (const Case& one : cases())
    for (int u = 0; u < layers::orientations(one.options.group); ++u)
      for (const std::int64_t side : {7, 9}) {
        if (one.options.stride == 2 && one.options.filter_size % 2 == 0) continue;  // its windows are not centred
        EXPECT_LE(unlike(one.options, side, one.maps, u), 1.0) << one.options.filter_size << " " << u << " " << side;
      }
  for (const PlaneGroup group : {PlaneGroup::p4, PlaneGroup::p4m})
    EXPECT_LE(unlike({.group = group, .filters = 2, .filter_size = 4}, 8, 3, 1), 1.0);
}

TEST(GroupConv2d, a_stride_on_an_even_size_does_not_commute_with_turns) {
  EXPECT_GT(unlike({.filters = 2, .stride = 2, .padding = 1}, 8, 3, 1), 1e3);
  // An element that is not in the group does not either.
  EXPECT_GT(unlike({.filters = 2, .padding = 1}, 7, 3, 4), 1e3);
}

TEST(GroupConv2d, counts_its_parameters_and_multiply_adds) {
  const std::vector<SampleShape> plane{{28, 28, 1}}, maps{{26, 26, 40}};
  const GroupConv2d first({.from_plane = true, .filters = 10}), second({.filters = 10});
  EXPECT_EQ(first.output_shape(plane), (SampleShape{26, 26, 40}));
  EXPECT_EQ(first.parameters(plane)[0].count() + first.parameters(plane)[1].count(), 10 * 9 + 10);
  EXPECT_EQ(first.cost(plane).forward_macs, 26 * 26 * 40 * 9);
  EXPECT_EQ(second.parameters(maps)[0].shape, (std::vector<std::int64_t>{10, 40, 3, 3}));
  EXPECT_EQ(second.parameters(maps)[1].count(), 10);
  EXPECT_EQ(second.parameters(maps)[0].initialisation.fan_in, 4 * 10 * 9);
  EXPECT_EQ(second.cost(maps).forward_macs, 24 * 24 * 40 * 360);
  EXPECT_EQ(second.summary(), "group_conv2d p4 3x3, 10");
  EXPECT_EQ(GroupConv2d({.group = PlaneGroup::p4m, .from_plane = true, .stride = 2}).summary(),
            "group_conv2d p4m from the plane 3x3, 1, stride 2");
}

TEST(GroupConv2d, refuses_shapes_that_do_not_fit) {
  const std::vector<SampleShape> six{{4, 4, 6}};
  EXPECT_THROW(GroupConv2d({.filters = 2}).output_shape(six), ShapeError);
  EXPECT_THROW(GroupConv2d({.from_plane = true, .filter_size = 5}).output_shape(six), ShapeError);
  EXPECT_EQ(GroupConv2d({.from_plane = true, .filters = 2}).output_shape(six), (SampleShape{2, 2, 8}));
}

}  // namespace
}  // namespace reprise::tests
