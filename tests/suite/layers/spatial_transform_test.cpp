#include "suite/layers/spatial_transform.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

using layers::SpatialTransform;
using layers::Transform;

LayerCase case_of(SpatialTransform::Options options, SampleShape image, Precision precision = Precision::f32) {
  LayerCase c;
  c.layer = std::make_shared<SpatialTransform>(options);
  c.inputs = {image, {1, 1, layers::numbers_of(options.transform)}};
  c.samples = 2, c.shards = 2, c.count = 4;
  c.precision = precision;
  return c;
}

/// The transform's numbers small, so that most places are inside.
LayerValues values_of(const LayerCase& c, std::uint64_t seed) {
  LayerValues values{{random_numbers(seed, c.rows() * c.inputs[0].size()), random_numbers(seed + 1, c.rows() * c.inputs[1].size())}, {}};
  for (double& number : values.inputs[1]) number *= 0.125;
  return values;
}

/// The affine transform of one image in double: the sum over all pixels.
Doubles affine_reference(const SampleShape& in, const SampleShape& out, const double* image, const double* a) {
  Doubles output;
  for (std::int64_t i = 0; i < out.height; ++i)
    for (std::int64_t j = 0; j < out.width; ++j) {
      const double x = 2.0 * static_cast<double>(j) / static_cast<double>(out.width - 1) - 1;
      const double y = 2.0 * static_cast<double>(i) / static_cast<double>(out.height - 1) - 1;
      const double column = ((1 + a[0]) * x + a[1] * y + a[2] + 1) * static_cast<double>(in.width - 1) / 2;
      const double row = (a[3] * x + (1 + a[4]) * y + a[5] + 1) * static_cast<double>(in.height - 1) / 2;
      for (std::int64_t c = 0; c < in.channels; ++c) {
        double sum = 0;
        for (std::int64_t n = 0; n < in.height; ++n)
          for (std::int64_t m = 0; m < in.width; ++m)
            sum += image[(n * in.width + m) * in.channels + c] * std::max(0.0, 1 - std::abs(row - static_cast<double>(n))) *
                   std::max(0.0, 1 - std::abs(column - static_cast<double>(m)));
        output.push_back(sum);
      }
    }
  return output;
}

Doubles all_images(const LayerCase& c, const LayerValues& values) {
  Doubles output;
  for (std::int64_t n = 0; n < c.rows(); ++n) {
    const Doubles one =
        affine_reference(c.inputs[0], c.output(), values.inputs[0].data() + n * c.inputs[0].size(), values.inputs[1].data() + n * 6);
    output.insert(output.end(), one.begin(), one.end());
  }
  return output;
}

TEST(SpatialTransform, starts_as_the_identity_to_the_bit_at_every_pixel) {
  for (const Transform transform :
       {Transform::affine, Transform::attention, Transform::rotation, Transform::projective, Transform::thin_plate})
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const LayerCase c = case_of({.transform = transform}, {7, 6, 2}, precision);
      LayerValues values = values_of(c, 1);
      values.inputs[1].assign(values.inputs[1].size(), 0.0);
      EXPECT_EQ(run_layer(c, values).output, values.inputs[0]) << layers::name_of(transform);
    }
}

TEST(SpatialTransform, equals_the_sum_over_all_pixels_in_both_precisions) {
  for (const Precision precision : {Precision::f32, Precision::bf16})
    for (const SampleShape image : {SampleShape{5, 6, 1}, SampleShape{4, 3, 3}}) {
      const LayerCase c = case_of({.transform = Transform::affine, .out_height = 4, .out_width = 5}, image, precision);
      const LayerValues values = values_of(c, 3);
      EXPECT_EQ(c.output(), (SampleShape{4, 5, image.channels}));
      // Places are sums of three terms times half the width; a value's error is theirs times the slope.
      EXPECT_NEAR_ARRAY(run_layer(c, values).output, all_images(c, values), tolerance(64, precision), 1.0);
    }
}

TEST(SpatialTransform, gradients_equal_central_differences) {
  const LayerCase c = case_of({.transform = Transform::affine}, {5, 6, 2});
  const LayerValues values = values_of(c, 5);
  const Doubles weights = random_grad_output(c, 6);
  const LayerResult found = run_layer(c, values, weights);
  const auto objective = [&](const LayerValues& at) {
    const Doubles output = all_images(c, at);
    double sum = 0;
    for (std::size_t i = 0; i < output.size(); ++i) sum += weights[i] * output[i];
    return sum;
  };
  for (std::size_t input = 0; input < 2; ++input) {
    Doubles expected;
    for (std::size_t i = 0; i < values.inputs[input].size(); ++i) {
      LayerValues up = values, down = values;
      up.inputs[input][i] += kDifferenceStep, down.inputs[input][i] -= kDifferenceStep;
      expected.push_back((objective(up) - objective(down)) / (2 * kDifferenceStep));
    }
    EXPECT_NEAR_ARRAY(found.grad_inputs[input], expected, sum_of(60) * kRoundoffF32 + kDifferenceError, 1.0);
  }
}

TEST(SpatialTransform, needs_images_and_as_many_numbers_as_its_transform) {
  const SpatialTransform layer({.transform = Transform::projective});
  const std::vector<SampleShape> one{{4, 4, 1}}, few{{4, 4, 1}, {1, 1, 6}}, right{{4, 4, 1}, {1, 1, 8}};
  EXPECT_THROW(layer.output_shape(one), ShapeError);
  EXPECT_THROW(layer.output_shape(few), ShapeError);
  EXPECT_EQ(layer.output_shape(right), (SampleShape{4, 4, 1}));
  EXPECT_THROW(SpatialTransform({.out_height = -1}), InputError);
  EXPECT_THROW(SpatialTransform({.scale = 0}), InputError);
}

}  // namespace
}  // namespace reprise::tests
