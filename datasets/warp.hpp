#pragma once
// Images seen through an affine map of their pixels: one bilinear pass, whatever was composed into the map.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace reprise::datasets {

/// A place in an image. Centres of pixels have whole numbers.
struct PlaneIndex {
  double row = 0, column = 0;
};

/// Where a pixel of the output comes from: row = m[0] y + m[1] x + m[2], column = m[3] y + m[4] x + m[5] for row y and column x of the
/// output. Centres of pixels have whole numbers.
struct AffineMap {
  std::array<double, 6> m{1, 0, 0, 0, 1, 0};

  /// Turns what is shown by so many radians about the centre of a height x width image, counter-clockwise.
  static AffineMap rotation(double radians, int height, int width);
  PlaneIndex at(double row, double column) const { return {m[0] * row + m[1] * column + m[2], m[3] * row + m[4] * column + m[5]}; }
  /// What reads through this map what was read through `earlier`.
  AffineMap after(const AffineMap& earlier) const;
};

struct WarpShape {
  int height = 0, width = 0, channels = 1;
  int out_height = 0, out_width = 0;
};

/// The two neighbours of a place on an axis; the second counts by `share`.
struct Between {
  std::int64_t first;
  float share;
};
/// Places far outside stay outside, in whole numbers that do not overflow.
inline Between neighbours(double place, int size) {
  const double clamped = std::clamp(place, -2.0, size + 1.0);
  const double first = std::floor(clamped);
  return {static_cast<std::int64_t>(first), static_cast<float>(clamped - first)};
}

/// input [height, width, channels] -> output [out_height, out_width, channels]: each pixel a bilinear mean of the four around the place
/// from(row, column) that it comes from. A pixel outside the input has the value `fill`. The identity gives the input back, bit for bit,
/// at every pixel.
template <class From>
void warp_from(const WarpShape& shape, const float* input, const From& from, float fill, float* output) {
  const std::int64_t channels = shape.channels;
  const auto pixel = [&](std::int64_t row, std::int64_t column) -> const float* {
    const bool inside = row >= 0 && row < shape.height && column >= 0 && column < shape.width;
    return inside ? input + (row * shape.width + column) * channels : nullptr;
  };
  for (int y = 0; y < shape.out_height; ++y)
    for (int x = 0; x < shape.out_width; ++x, output += channels) {
      const PlaneIndex place = from(y, x);
      const Between down = neighbours(place.row, shape.height), right = neighbours(place.column, shape.width);
      const float* corners[2][2] = {{pixel(down.first, right.first), pixel(down.first, right.first + 1)},
                                    {pixel(down.first + 1, right.first), pixel(down.first + 1, right.first + 1)}};
      for (std::int64_t c = 0; c < channels; ++c) {
        const auto value = [&](int i, int j) { return corners[i][j] != nullptr ? corners[i][j][c] : fill; };
        const float upper = (1 - right.share) * value(0, 0) + right.share * value(0, 1);
        const float lower = (1 - right.share) * value(1, 0) + right.share * value(1, 1);
        output[c] = (1 - down.share) * upper + down.share * lower;
      }
    }
}

/// The same for an affine map. Throws InputError for one that is not finite.
void warp(const WarpShape& shape, const float* input, const AffineMap& map, float fill, float* output);

}  // namespace reprise::datasets
