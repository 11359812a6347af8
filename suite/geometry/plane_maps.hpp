#pragma once
// Maps of the plane that are given by where some points go.

#include <array>
#include <vector>

#include "suite/geometry/linear_system.hpp"

namespace reprise::geometry {

struct Place {
  double x = 0, y = 0;
};

/// The smoothest functions of the plane with given values at given points: thin plates, sums of r^2 log r^2 and a plane (Bookstein 1989).
class ThinPlate {
 public:
  /// At least three points that are not on one line.
  explicit ThinPlate(std::vector<Place> points);
  const std::vector<Place>& points() const { return points_; }
  /// How much each point's value counts in the value at a place.
  std::vector<double> weights_at(const Place& place) const;

 private:
  std::vector<Place> points_;
  Matrix weights_;  // [points + 3, points]
};

/// The projective map that takes four points, no three of them on one line, to four others.
class Homography {
 public:
  Homography(const std::array<Place, 4>& from, const std::array<Place, 4>& to);
  Place at(const Place& place) const;

 private:
  std::array<double, 8> h_{};
};

}  // namespace reprise::geometry
