#include "datasets/warp.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

/// The two neighbours of a place on one axis; the second counts by `share`.
struct Between {
  std::int64_t first;
  float share;
};

/// Places far outside stay outside, in whole numbers that do not overflow.
Between neighbours(double place, int size) {
  const double clamped = std::clamp(place, -2.0, size + 1.0);
  const double first = std::floor(clamped);
  return {static_cast<std::int64_t>(first), static_cast<float>(clamped - first)};
}

}  // namespace

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
  const std::int64_t channels = shape.channels;
  const auto pixel = [&](std::int64_t row, std::int64_t column) -> const float* {
    const bool inside = row >= 0 && row < shape.height && column >= 0 && column < shape.width;
    return inside ? input + (row * shape.width + column) * channels : nullptr;
  };
  for (int y = 0; y < shape.out_height; ++y)
    for (int x = 0; x < shape.out_width; ++x, output += channels) {
      const auto [row, down] = neighbours(m[0] * y + m[1] * x + m[2], shape.height);
      const auto [column, right] = neighbours(m[3] * y + m[4] * x + m[5], shape.width);
      const float* corners[2][2] = {{pixel(row, column), pixel(row, column + 1)}, {pixel(row + 1, column), pixel(row + 1, column + 1)}};
      for (std::int64_t c = 0; c < channels; ++c) {
        const auto value = [&](int i, int j) { return corners[i][j] != nullptr ? corners[i][j][c] : fill; };
        const float upper = (1 - right) * value(0, 0) + right * value(0, 1), lower = (1 - right) * value(1, 0) + right * value(1, 1);
        output[c] = (1 - down) * upper + down * lower;
      }
    }
}

}  // namespace reprise::datasets
