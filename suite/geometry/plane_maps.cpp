#include "suite/geometry/plane_maps.hpp"

#include <cmath>
#include <cstddef>
#include <utility>

namespace reprise::geometry {

namespace {

/// r^2 log r^2.
double plate(const Place& a, const Place& b) {
  const double square = (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y);
  return square > 0 ? square * std::log(square) : 0;
}

}  // namespace

ThinPlate::ThinPlate(std::vector<Place> points) : points_(std::move(points)) {
  const std::size_t n = points_.size();
  Matrix system(n + 3, std::vector<double>(n + 3, 0.0)), values(n + 3, std::vector<double>(n, 0.0));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) system[i][j] = plate(points_[i], points_[j]);
    const std::array<double, 3> plane{1, points_[i].x, points_[i].y};
    for (std::size_t k = 0; k < 3; ++k) system[i][n + k] = system[n + k][i] = plane[k];
    values[i][i] = 1;
  }
  weights_ = solve(std::move(system), std::move(values));
}

std::vector<double> ThinPlate::weights_at(const Place& place) const {
  const std::size_t n = points_.size();
  std::vector<double> weights(n);
  for (std::size_t j = 0; j < n; ++j) weights[j] = weights_[n][j] + weights_[n + 1][j] * place.x + weights_[n + 2][j] * place.y;
  for (std::size_t i = 0; i < n; ++i) {
    const double bent = plate(place, points_[i]);
    for (std::size_t j = 0; j < n; ++j) weights[j] += weights_[i][j] * bent;
  }
  return weights;
}

Homography::Homography(const std::array<Place, 4>& from, const std::array<Place, 4>& to) {
  Matrix system, values;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto [x, y] = from[i];
    system.push_back({x, y, 1, 0, 0, 0, -to[i].x * x, -to[i].x * y});
    system.push_back({0, 0, 0, x, y, 1, -to[i].y * x, -to[i].y * y});
    values.push_back({to[i].x});
    values.push_back({to[i].y});
  }
  const Matrix solved = solve(std::move(system), std::move(values));
  for (std::size_t k = 0; k < 8; ++k) h_[k] = solved[k][0];
}

Place Homography::at(const Place& place) const {
  const double divisor = h_[6] * place.x + h_[7] * place.y + 1;
  return {(h_[0] * place.x + h_[1] * place.y + h_[2]) / divisor, (h_[3] * place.x + h_[4] * place.y + h_[5]) / divisor};
}

}  // namespace reprise::geometry
