#pragma once
// Images seen through an affine map of their pixels: one bilinear pass, whatever was composed into the map.

#include <array>
#include <cstdint>

namespace reprise::datasets {

/// Where a pixel of the output comes from: row = m[0] y + m[1] x + m[2], column = m[3] y + m[4] x + m[5] for row y and column x of the
/// output. Centres of pixels have whole numbers.
struct AffineMap {
  std::array<double, 6> m{1, 0, 0, 0, 1, 0};

  /// Turns what is shown by so many radians about the centre of a height x width image, counter-clockwise.
  static AffineMap rotation(double radians, int height, int width);
  /// What reads through this map what was read through `earlier`.
  AffineMap after(const AffineMap& earlier) const;
};

/// input [height, width, channels] -> output [out_height, out_width, channels]: each pixel a bilinear mean of the four around the place
/// where the map says that it comes from. A pixel outside the input has the value `fill`. The identity gives the input back, bit for bit,
/// at every pixel. Throws InputError for a map that is not finite.
struct WarpShape {
  int height = 0, width = 0, channels = 1;
  int out_height = 0, out_width = 0;
};
void warp(const WarpShape& shape, const float* input, const AffineMap& map, float fill, float* output);

}  // namespace reprise::datasets
