#include "datasets/warp.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "suite/errors.hpp"
#include "suite/random/random.hpp"

namespace reprise::datasets {
namespace {

std::vector<float> noise(std::size_t count, std::uint64_t seed) {
  random::Generator draws({seed, random::Purpose::synthetic, 0, 0, 0});
  std::vector<float> values(count);
  for (float& value : values) value = draws.next_normal();
  return values;
}

std::vector<float> warped(const WarpShape& shape, const std::vector<float>& input, const AffineMap& map, float fill = 0) {
  std::vector<float> output(static_cast<std::size_t>(shape.out_height * shape.out_width * shape.channels));
  warp(shape, input.data(), map, fill, output.data());
  return output;
}

/// The definition in double: all pixels of the plane, weighted by the hat function of their distance on both axes.
std::vector<double> reference(const WarpShape& shape, const std::vector<float>& input, const AffineMap& map, double fill) {
  std::vector<double> output;
  for (int y = 0; y < shape.out_height; ++y)
    for (int x = 0; x < shape.out_width; ++x) {
      const double row = map.m[0] * y + map.m[1] * x + map.m[2], column = map.m[3] * y + map.m[4] * x + map.m[5];
      for (int c = 0; c < shape.channels; ++c) {
        double sum = 0, weights = 0;
        for (int i = 0; i < shape.height; ++i)
          for (int j = 0; j < shape.width; ++j) {
            const double weight = std::max(0.0, 1 - std::abs(row - i)) * std::max(0.0, 1 - std::abs(column - j));
            sum += weight * static_cast<double>(input[static_cast<std::size_t>((i * shape.width + j) * shape.channels + c)]);
            weights += weight;
          }
        output.push_back(sum + (1 - weights) * fill);  // all weights of the plane sum to 1
      }
    }
  return output;
}

TEST(Warp, the_identity_keeps_every_bit_of_every_pixel) {
  const WarpShape shape{5, 7, 3, 5, 7};
  const std::vector<float> input = noise(5 * 7 * 3, 1);
  EXPECT_EQ(warped(shape, input, {}, 100), input);
  EXPECT_EQ(warped(shape, input, AffineMap::rotation(0, 5, 7), 100), input);
}

TEST(Warp, values_by_hand) {
  const WarpShape shape{2, 2, 1, 1, 3};
  // Half a row down; half a column left of the image, in the middle, and half a column right of it.
  const AffineMap map{{0, 0, 0.5, 0, 1, -0.5}};
  EXPECT_EQ(warped(shape, {1, 2, 3, 6}, map, 10), (std::vector<float>{(10 + 2) / 2.0f, 3, (4 + 10) / 2.0f}));
}

TEST(Warp, a_quarter_turn_is_counter_clockwise) {
  // 0 1 2      2 5 8
  // 3 4 5  ->  1 4 7
  // 6 7 8      0 3 6
  const std::vector<float> turned = warped({3, 3, 1, 3, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8}, AffineMap::rotation(std::numbers::pi / 2, 3, 3));
  const std::vector<float> expected{2, 5, 8, 1, 4, 7, 0, 3, 6};
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(turned[i], expected[i], 1e-5);  // cos(pi / 2) is not 0
}

TEST(Warp, equals_the_definition_in_double) {
  const WarpShape shape{6, 9, 2, 8, 5};
  const std::vector<float> input = noise(6 * 9 * 2, 2);
  random::Generator draws({3, random::Purpose::synthetic, 0, 0, 0});
  for (int round = 0; round < 50; ++round) {
    AffineMap map = AffineMap::rotation(6.3 * draws.next_uniform(), 6, 9);
    for (double& number : map.m) number += 0.5 * draws.next_normal();
    const std::vector<float> found = warped(shape, input, map, 0.25);
    const std::vector<double> expected = reference(shape, input, map, 0.25);
    // Two rounded shares of up to 4, three blends: a few roundings of values up to 4.
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 16 * 4 * 0x1p-24);
  }
}

TEST(Warp, composed_maps_read_through_one_another) {
  const AffineMap shift{{1, 0, 2, 0, 1, 3}}, turn = AffineMap::rotation(0.3, 5, 5);
  const AffineMap both = shift.after(turn);
  // What was turned first is then shifted: output (1, 1) shows place (3, 4) of the turned image.
  const auto &m = turn.m, &b = both.m;
  EXPECT_NEAR(b[0] + b[1] + b[2], m[0] * 3 + m[1] * 4 + m[2], 1e-12);
  EXPECT_NEAR(b[3] + b[4] + b[5], m[3] * 3 + m[4] * 4 + m[5], 1e-12);
  const AffineMap back = AffineMap::rotation(-0.3, 5, 5).after(turn);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(back.m[i], AffineMap().m[i], 1e-12);
}

TEST(Warp, places_far_outside_are_filled_and_maps_must_be_finite) {
  const WarpShape shape{3, 3, 1, 2, 2};
  const std::vector<float> input(9, 1);
  EXPECT_EQ(warped(shape, input, {{1e300, 0, 1e300, 0, 1, 0}}, 7), (std::vector<float>(4, 7)));
  EXPECT_EQ(warped(shape, input, {{1, 0, -1, 0, 1, 3}}, 7), (std::vector<float>(4, 7)));
  EXPECT_THROW(warped(shape, input, {{1, 0, std::nan(""), 0, 1, 0}}), InputError);
  EXPECT_THROW(warped(shape, input, {{std::numeric_limits<double>::infinity(), 0, 0, 0, 1, 0}}), InputError);
}

}  // namespace
}  // namespace reprise::datasets
