#include "datasets/warp.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"

namespace reprise::datasets {

AffineMap AffineMap::rotation(double radians, int height, int width) {
  // What turns counter-clockwise on a screen, whose rows go down, comes from where the opposite turn leads.
  const double c = std::cos(radians), s = std::sin(radians), y = (height - 1) / 2.0, x = (width - 1) / 2.0;
  return {{c, s, y - c * y - s * x, -s, c, x + s * y - c * x}};
}

AffineMap AffineMap::after(const AffineMap& earlier) const {
  const auto &a = earlier.m, &b = m;
  return {{a[0] * b[0] + a[1] * b[3], a[0] * b[1] + a[1] * b[4], a[0] * b[2] + a[1] * b[5] + a[2], a[3] * b[0] + a[4] * b[3],
           a[3] * b[1] + a[4] * b[4], a[3] * b[2] + a[4] * b[5] + a[5]}};
}

void warp(const WarpShape& shape, const float* input, const AffineMap& map, float fill, float* output) {
  const auto& m = map.m;
  if (!std::all_of(m.begin(), m.end(), [](double number) { return std::isfinite(number); }))
    throw InputError({"affine map", "six finite numbers", fmt::format("[{}]", fmt::join(m, ", ")), "Correct what draws the map."});
  warp_from(
      shape, input, [&](double y, double x) { return map.at(y, x); }, fill, output);
}

}  // namespace reprise::datasets
