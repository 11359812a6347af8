#include "suite/analyses/spatial_transformer_pictures.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "suite/layers/bilinear_sampler.hpp"

namespace reprise::analyses {

namespace {

constexpr Colour kMargin{56, 56, 56};
constexpr std::int64_t kLargestZoomed = 64;

std::int64_t zoom_of(const SampleShape& image) {
  return std::max(image.height, image.width) <= kLargestZoomed ? 2 : 1;
}

struct Place {
  double y = 0, x = 0;
};

/// From pixels of the image to pixels of the tile that it is in the middle of.
class Frame {
 public:
  Frame(const SampleShape& image, const SampleShape& tile)
      : zoom_(zoom_of(image)), top_((tile.height - zoom_ * image.height) / 2), left_((tile.width - zoom_ * image.width) / 2) {}
  std::int64_t zoom() const { return zoom_; }
  std::int64_t top() const { return top_; }
  std::int64_t left() const { return left_; }
  Place at(double row, double column) const {
    const auto zoom = static_cast<double>(zoom_);
    return {static_cast<double>(top_) + zoom * (row + 0.5), static_cast<double>(left_) + zoom * (column + 0.5)};
  }

 private:
  std::int64_t zoom_, top_, left_;
};

/// A line, `width` pixels wide. One that begins or ends far outside is left out: it has a place that the tile does not come near.
void draw(const Place& from, const Place& to, std::int64_t width, const Colour& colour, Tile& tile) {
  constexpr double kFar = 1e4;
  for (const double place : {from.y, from.x, to.y, to.x})
    if (!(std::abs(place) < kFar)) return;
  const auto points = static_cast<std::int64_t>(std::ceil(2 * std::max(std::abs(to.y - from.y), std::abs(to.x - from.x)))) + 1;
  for (std::int64_t i = 0; i <= points; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(points);
    const auto y = static_cast<std::int64_t>(std::floor(from.y + share * (to.y - from.y)));
    const auto x = static_cast<std::int64_t>(std::floor(from.x + share * (to.x - from.x)));
    for (std::int64_t dy = 0; dy < width; ++dy)
      for (std::int64_t dx = 0; dx < width; ++dx) tile.paint(y + dy - width / 2, x + dx - width / 2, colour);
  }
}

}  // namespace

Tile::Tile(const SampleShape& shape) : shape_(shape) {
  for (std::int64_t i = 0; i < shape.positions(); ++i) pixels_.insert(pixels_.end(), kMargin.begin(), kMargin.end());
}

void Tile::paint(std::int64_t y, std::int64_t x, const Colour& colour) {
  if (y < 0 || y >= shape_.height || x < 0 || x >= shape_.width) return;
  std::copy(colour.begin(), colour.end(), pixels_.begin() + static_cast<std::ptrdiff_t>(offset(y, x)));
}

ColouredImage::ColouredImage(const float* values, const SampleShape& shape) : values_(values), shape_(shape) {
  const auto [low, high] = std::minmax_element(values, values + shape.size());
  least_ = *low, range_ = std::max(1e-6f, *high - *low);
}

Colour ColouredImage::colour_of(const float* pixel) const {
  const auto shade = [&](float value) {
    return static_cast<std::uint8_t>(std::lround(255 * std::clamp((value - least_) / range_, 0.0f, 1.0f)));
  };
  if (shape_.channels == 2) {
    const std::uint8_t first = shade(pixel[0]), second = shade(pixel[1]);
    return {first, static_cast<std::uint8_t>((2 * first + 3 * second) / 5), second};
  }
  if (shape_.channels == 3) return {shade(pixel[0]), shade(pixel[1]), shade(pixel[2])};
  float sum = 0;
  for (std::int64_t c = 0; c < shape_.channels; ++c) sum += pixel[c];
  const std::uint8_t grey = shade(sum / static_cast<float>(shape_.channels));
  return {grey, grey, grey};
}

SampleShape tile_shape(const SampleShape& image) {
  const auto with_margins = [&](std::int64_t side) { return zoom_of(image) * side + 2 * (zoom_of(image) * side / 4); };
  return {with_margins(image.height), with_margins(image.width), 3};
}

Tile tile_of(const ColouredImage& image, const SampleShape& shape) {
  Tile tile(shape);
  const Frame frame(image.shape(), shape);
  for (std::int64_t y = 0; y < frame.zoom() * image.shape().height; ++y)
    for (std::int64_t x = 0; x < frame.zoom() * image.shape().width; ++x) {
      const std::int64_t position = y / frame.zoom() * image.shape().width + x / frame.zoom();
      tile.paint(frame.top() + y, frame.left() + x, image.colour_of(image.values() + position * image.shape().channels));
    }
  return tile;
}

void outline(const layers::SampledPlaces& places, const float* numbers, std::int64_t inner, const ColouredImage& image,
             const SampleShape& shape, const Colour& colour, Tile& tile) {
  const SampleShape& output = places.output();
  std::vector<float> rows(static_cast<std::size_t>(output.positions())), columns(rows.size());
  places.locate(numbers, rows.data(), columns.data());
  const Frame frame(image.shape(), shape);
  const auto seen = [&](std::int64_t i, std::int64_t j) {
    const auto position = static_cast<std::size_t>(i * output.width + j);
    return frame.at(static_cast<double>(rows[position]), static_cast<double>(columns[position]));
  };
  for (std::int64_t k = 0; k <= inner + 1; ++k) {
    const std::int64_t row = k * (output.height - 1) / (inner + 1), column = k * (output.width - 1) / (inner + 1);
    for (std::int64_t j = 0; j + 1 < output.width; ++j) draw(seen(row, j), seen(row, j + 1), k == 0 ? 3 : 1, colour, tile);
    for (std::int64_t i = 0; i + 1 < output.height; ++i) draw(seen(i, column), seen(i + 1, column), 1, colour, tile);
  }
}

Tile transformed(const layers::SampledPlaces& places, const float* numbers, const ColouredImage& image, const SampleShape& shape) {
  const SampleShape& output = places.output();
  std::vector<float> rows(static_cast<std::size_t>(output.positions())), columns(rows.size());
  places.locate(numbers, rows.data(), columns.data());
  const layers::BilinearSampler sampler({image.shape().height, image.shape().width, image.shape().channels, output.positions()});
  std::vector<std::byte> taps(sampler.scratch_bytes());
  std::vector<float> values(static_cast<std::size_t>(output.size()));
  sampler.locate(rows.data(), columns.data(), taps.data());
  sampler.sample(image.values(), taps.data(), values.data());
  Tile tile(shape);
  for (std::int64_t y = 0; y < shape.height; ++y)
    for (std::int64_t x = 0; x < shape.width; ++x) {
      const std::int64_t position = y * output.height / shape.height * output.width + x * output.width / shape.width;
      tile.paint(y, x, image.colour_of(values.data() + position * output.channels));
    }
  return tile;
}

}  // namespace reprise::analyses
