#include "suite/geometry/plane_maps.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace reprise::geometry {
namespace {

const std::vector<Place> kPoints{{0, 0}, {1, 0}, {0, 1}, {1, 1}, {0.3, 0.4}};

double sum_of(const std::vector<double>& weights, double (*value)(const Place&)) {
  double sum = 0;
  for (std::size_t k = 0; k < weights.size(); ++k) sum += weights[k] * value(kPoints[k]);
  return sum;
}

TEST(ThinPlate, has_the_given_values_at_its_points) {
  const ThinPlate plate(kPoints);
  for (std::size_t k = 0; k < kPoints.size(); ++k) {
    const std::vector<double> weights = plate.weights_at(kPoints[k]);
    for (std::size_t j = 0; j < weights.size(); ++j) EXPECT_NEAR(weights[j], j == k ? 1 : 0, 1e-12);
  }
}

TEST(ThinPlate, a_plane_stays_a_plane_also_outside) {
  const ThinPlate plate(kPoints);
  for (const Place& place : {Place{0.7, 0.2}, Place{-3, 5}})
    EXPECT_NEAR(sum_of(plate.weights_at(place), [](const Place& p) { return 2 * p.x - 3 * p.y + 4; }), 2 * place.x - 3 * place.y + 4,
                1e-10);
}

/// Four corners of a square around its centre (Bookstein 1989): with the values 1, 0, 0, 1 along a diagonal, 1/2 in the middle.
TEST(ThinPlate, the_centre_of_a_square_is_the_mean_of_its_corners) {
  const ThinPlate plate({{0, 0}, {1, 0}, {0, 1}, {1, 1}});
  for (const double weight : plate.weights_at({0.5, 0.5})) EXPECT_NEAR(weight, 0.25, 1e-12);
}

/// Weights of the radial functions are such that these vanish far away but for a plane: sums of w and of w times the place are 0. So the
/// second difference along a line goes to 0.
TEST(ThinPlate, is_flat_far_away) {
  const ThinPlate plate(kPoints);
  const auto bent = [&](double x) { return plate.weights_at({x, 2 * x})[4]; };
  const double near = bent(3) - 2 * bent(2) + bent(1), far = bent(300) - 2 * bent(299) + bent(298);
  EXPECT_LT(std::abs(far), 1e-3 * std::abs(near));
}

TEST(Homography, takes_its_four_points_where_it_is_told) {
  const std::array<Place, 4> from{{{0, 0}, {2, 0}, {0, 2}, {2, 2}}}, to{{{0, 0}, {3, 0.5}, {-0.5, 2}, {2, 2.5}}};
  const Homography map(from, to);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(map.at(from[i]).x, to[i].x, 1e-12);
    EXPECT_NEAR(map.at(from[i]).y, to[i].y, 1e-12);
  }
}

/// (x, y) -> (x, y) / (1 + x): lines stay lines, so the middle of a side does not go to the middle.
TEST(Homography, a_perspective_by_hand) {
  const std::array<Place, 4> from{{{0, 0}, {1, 0}, {0, 1}, {1, 1}}}, to{{{0, 0}, {0.5, 0}, {0, 1}, {0.5, 0.5}}};
  const Place place = Homography(from, to).at({3, 2});
  EXPECT_NEAR(place.x, 0.75, 1e-12);
  EXPECT_NEAR(place.y, 0.5, 1e-12);
}

}  // namespace
}  // namespace reprise::geometry
