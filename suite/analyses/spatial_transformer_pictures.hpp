#pragma once
// Images with the outline of what a transformer samples, and what it makes of them, as tiles of three colours.

#include <array>
#include <cstdint>
#include <vector>

#include "suite/layers/sampled_places.hpp"

namespace reprise::analyses {

using Colour = std::array<std::uint8_t, 3>;

/// A tile [height, width, 3].
class Tile {
 public:
  explicit Tile(const SampleShape& shape);
  std::uint8_t at(std::int64_t y, std::int64_t x, std::int64_t c) const { return pixels_[offset(y, x) + static_cast<std::size_t>(c)]; }
  /// Nothing outside the tile.
  void paint(std::int64_t y, std::int64_t x, const Colour& colour);

 private:
  std::size_t offset(std::int64_t y, std::int64_t x) const { return static_cast<std::size_t>((y * shape_.width + x) * 3); }

  SampleShape shape_;
  std::vector<std::uint8_t> pixels_;
};

/// An image [H, W, C] as colours: grey of one channel, orange and blue of two, white where both are, its own of three, the grey of the mean
/// of more; from the image's least value to its largest.
class ColouredImage {
 public:
  ColouredImage(const float* values, const SampleShape& shape);
  const SampleShape& shape() const { return shape_; }
  const float* values() const { return values_; }
  /// Of the values [C] of a pixel of the image, or of one with the same channels.
  Colour colour_of(const float* pixel) const;

 private:
  const float* values_;
  SampleShape shape_;
  float least_, range_;
};

/// As large as an image with a margin of a quarter of its side all around, in pixels of a tile.
SampleShape tile_shape(const SampleShape& image);

/// The image in the middle of a tile.
Tile tile_of(const ColouredImage& image, const SampleShape& tile);

/// Draws the lines of the output's pixels where the transform takes them: its border, the upper side thick, and `inner` lines between each
/// two sides, evenly spread.
void outline(const layers::SampledPlaces& places, const float* numbers, std::int64_t inner, const ColouredImage& image,
             const SampleShape& shape, const Colour& colour, Tile& tile);

/// What the transform makes of the image, over the whole tile.
Tile transformed(const layers::SampledPlaces& places, const float* numbers, const ColouredImage& image, const SampleShape& tile);

}  // namespace reprise::analyses
