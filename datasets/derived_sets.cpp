#include "datasets/derived_sets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>

#include "datasets/warp.hpp"
#include "suite/random/random.hpp"

namespace reprise::datasets {

namespace {

constexpr int kWaves = 4;
constexpr double kAmplitude = 18;
constexpr double kNoise = 40;
constexpr int kLargestShift = 2;
constexpr std::uint32_t kPatternChannel = 2;  // channels 0 and 1 are the splits
constexpr std::uint64_t kAngleStep = 0, kOrderStep = 1;

/// A class's pattern on a plane wider than the image by the largest shift on each side.
/// Plane waves of up to three periods across the image; [channels, height + 4, width + 4].
std::vector<float> draw_pattern(const DatasetEntry& entry, int label) {
  const int height = entry.height + 2 * kLargestShift, width = entry.width + 2 * kLargestShift;
  std::vector<float> pattern(static_cast<std::size_t>(entry.channels) * height * width, 0.0f);
  random::Generator draws({0, random::Purpose::synthetic, kPatternChannel, 0, static_cast<std::uint64_t>(label)});
  for (int c = 0; c < entry.channels; ++c)
    for (int k = 0; k < kWaves; ++k) {
      const double turn = 2 * std::numbers::pi;
      const double down = turn * 3 * (2 * draws.next_uniform() - 1) / entry.height;
      const double right = turn * 3 * (2 * draws.next_uniform() - 1) / entry.width;
      const double phase = turn * draws.next_uniform();
      float* plane = pattern.data() + static_cast<std::size_t>(c) * height * width;
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) plane[y * width + x] += static_cast<float>(kAmplitude * std::cos(down * y + right * x + phase));
    }
  return pattern;
}

void draw_image(const DatasetEntry& entry, const std::vector<float>& pattern, const random::Stream& stream, std::uint8_t* image) {
  random::Generator draws(stream);
  const int height = entry.height + 2 * kLargestShift, width = entry.width + 2 * kLargestShift;
  const int top = static_cast<int>(draws.next_below(2 * kLargestShift + 1));
  const int left = static_cast<int>(draws.next_below(2 * kLargestShift + 1));
  for (int c = 0; c < entry.channels; ++c)
    for (int y = 0; y < entry.height; ++y)
      for (int x = 0; x < entry.width; ++x) {
        const float clean = pattern[(static_cast<std::size_t>(c) * height + y + top) * width + x + left];
        const double value = 127.5 + clean + kNoise * draws.next_normal();
        *image++ = static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
      }
}

}  // namespace

ImageSet on_canvas(const ImageSet& base, const std::vector<std::int64_t>& indices, Split split, int side) {
  ImageSet set = base;
  set.height = set.width = side;
  set.pixels.assign(static_cast<std::size_t>(set.count * set.image_bytes()), 0);
  for (std::int64_t i = 0; i < set.count; ++i) {
    random::Generator draws({0, random::Purpose::canvas, static_cast<std::uint32_t>(split), 0,
                             static_cast<std::uint64_t>(indices[static_cast<std::size_t>(i)])});
    const std::int64_t top = draws.next_below(static_cast<std::uint32_t>(side - base.height + 1));
    const std::int64_t left = draws.next_below(static_cast<std::uint32_t>(side - base.width + 1));
    std::uint8_t* canvas = set.pixels.data() + i * set.image_bytes();
    const std::uint8_t* row = base.image(i);
    for (int c = 0; c < base.channels; ++c)
      for (int y = 0; y < base.height; ++y, row += base.width)
        std::memcpy(canvas + (std::int64_t{c} * side + top + y) * side + left, row, static_cast<std::size_t>(base.width));
  }
  return set;
}

DrawnSplits draw_splits(std::int64_t available, std::int64_t train, std::int64_t test) {
  const std::vector<std::int64_t> order = random::permutation(0, random::Purpose::rotation, kOrderStep, available);
  return {{order.begin(), order.begin() + train}, {order.begin() + train, order.begin() + train + test}};
}

ImageSet turned(const ImageSet& base, const std::vector<std::int64_t>& places) {
  ImageSet set = base;
  const WarpShape shape{base.height, base.width, 1, base.height, base.width};
  const std::int64_t positions = std::int64_t{base.height} * base.width;
  std::vector<float> plane(static_cast<std::size_t>(positions)), seen(plane.size());
  for (std::int64_t i = 0; i < set.count; ++i) {
    random::Generator draws({0, random::Purpose::rotation, 0, kAngleStep, static_cast<std::uint64_t>(places[static_cast<std::size_t>(i)])});
    const AffineMap map = AffineMap::rotation(2 * std::numbers::pi * draws.next_uniform(), base.height, base.width);
    for (int c = 0; c < base.channels; ++c) {
      std::copy_n(base.image(i) + c * positions, positions, plane.begin());
      warp(shape, plane.data(), map, 0, seen.data());
      std::transform(seen.begin(), seen.end(), set.pixels.begin() + i * set.image_bytes() + c * positions,
                     [](float value) { return static_cast<std::uint8_t>(std::lround(value)); });
    }
  }
  return set;
}

ImageSet draw_synthetic(const DatasetEntry& entry, Split split, std::int64_t count) {
  ImageSet set;
  set.count = count;
  set.channels = entry.channels, set.height = entry.height, set.width = entry.width;
  set.pixels.resize(static_cast<std::size_t>(count * set.image_bytes()));
  set.labels.resize(static_cast<std::size_t>(count));
  std::vector<std::vector<float>> patterns;
  for (int label = 0; label < entry.classes(); ++label) patterns.push_back(draw_pattern(entry, label));
  for (std::int64_t i = 0; i < count; ++i) {
    const auto label = static_cast<std::int32_t>(i % entry.classes());
    set.labels[static_cast<std::size_t>(i)] = label;
    const random::Stream stream{0, random::Purpose::synthetic, static_cast<std::uint32_t>(split), 0, static_cast<std::uint64_t>(i)};
    draw_image(entry, patterns[static_cast<std::size_t>(label)], stream, set.pixels.data() + i * set.image_bytes());
  }
  return set;
}

}  // namespace reprise::datasets
