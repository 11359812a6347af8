#include "suite/analyses/spatial_transformers.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace reprise::tests {
namespace {

using analyses::Pose;
using analyses::PoseSpread;
using datasets::AffineMap;
using layers::SampledPlaces;
using layers::Transform;

constexpr double kRadians = std::numbers::pi / 180;

TEST(NearestAffine, of_an_affine_transform_is_the_transform) {
  const SampledPlaces places(Transform::affine, {5, 9, 1}, {3, 5, 1}, 1);
  const std::vector<float> numbers{0.5f, 0.25f, 0.5f, -0.5f, 0, 0.25f};
  // A unit is 2 rows and 4 columns of the image, a pixel of the output 1 and 1/2 unit; its first pixel is at (-1, -1).
  const std::array<double, 6> expected{2, -0.5, 2 + 2 * (0.5 - 1 + 0.25), 1, 3, 4 + 4 * (-1.5 - 0.25 + 0.5)};
  const AffineMap map = analyses::nearest_affine(places, numbers.data());
  for (std::size_t k = 0; k < 6; ++k) EXPECT_NEAR(map.m[k], expected[k], 1e-6) << k;
}

/// One point of a plate pulled to the left and the one opposite to the right: a turn, bent.
TEST(NearestAffine, of_a_plate_is_what_it_does_in_the_mean) {
  const SampledPlaces places(Transform::thin_plate, {4, 4, 1}, {4, 4, 1}, 1);
  std::vector<float> numbers(32, 0.0f);
  numbers[1] = -1, numbers[14] = 1;  // x of the second point of the first and the third of the last row: 1.5 pixels each
  const AffineMap map = analyses::nearest_affine(places, numbers.data());
  // Columns by rows: sum of move times distance over that of squares, 2 * 1.5 * 1.5 / (4 * 2 * (1.5^2 + 0.5^2)) = 4.5 / 20.
  EXPECT_NEAR(map.m[3], 0.225, 1e-6);
  EXPECT_NEAR(map.m[0], 1, 1e-6);
  EXPECT_NEAR(map.m[1], 0, 1e-6);
  EXPECT_NEAR(map.m[4], 1 + 2 * 1.5 * 0.5 / 20, 1e-6);
}

TEST(Pose, of_a_map_by_hand) {
  const Pose turned = analyses::pose_of(AffineMap::rotation(30 * kRadians, 5, 7), {5, 7, 1});
  EXPECT_NEAR(turned.angle, 30 * kRadians, 1e-12);
  EXPECT_NEAR(turned.log_size, 0, 1e-12);
  EXPECT_NEAR(turned.row, 2, 1e-12);
  EXPECT_NEAR(turned.column, 3, 1e-12);
  const Pose enlarged = analyses::pose_of({{0.5, 0, 1, 0, 0.5, -2}}, {5, 7, 1});
  EXPECT_NEAR(enlarged.log_size, std::log(2.0), 1e-12);
  EXPECT_NEAR(enlarged.row, 2, 1e-12);
  EXPECT_NEAR(enlarged.column, -0.5, 1e-12);
}

TEST(PoseSpread, is_a_standard_deviation_in_each_quantity) {
  const PoseSpread spread = analyses::spread_of({{10 * kRadians, 0.5, 1, 0}, {20 * kRadians, 1.5, 3, 0}, {30 * kRadians, 1, 2, 0}});
  EXPECT_NEAR(spread.rotation, 10 * std::sqrt(2.0 / 3), 1e-9);
  EXPECT_NEAR(spread.scale, std::sqrt(1.0 / 6), 1e-12);
  EXPECT_NEAR(spread.place, std::sqrt(2.0 / 3), 1e-12);
  EXPECT_NEAR(analyses::spread_of({{0, 0, 3, 0}, {0, 0, -3, 8}}).place, 5, 1e-12) << "rows and columns together";
}

TEST(PoseSpread, turns_by_almost_a_half_are_close_together_either_way) {
  EXPECT_NEAR(analyses::spread_of({{179 * kRadians, 0, 0, 0}, {-179 * kRadians, 0, 0, 0}}).rotation, 1, 1e-9);
  EXPECT_NEAR(analyses::spread_of({{179 * kRadians, 0, 0, 0}, {541 * kRadians, 0, 0, 0}}).rotation, 1, 1e-9) << "whole turns more";
}

}  // namespace
}  // namespace reprise::tests
