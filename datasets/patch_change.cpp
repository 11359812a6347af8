#include "datasets/patch_change.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace reprise::datasets {

namespace {

float clip(float value) {
  return std::clamp(value, 0.0f, 1.0f);
}

float bent(const PatchChange::Curve& curve, float x) {
  const float raised = curve.power == 1 ? x : std::pow(x, static_cast<float>(curve.power));
  return clip(static_cast<float>(curve.factor) * raised + static_cast<float>(curve.offset));
}

/// Scales each axis about the mean.
void change_contrast(const PatchChange& change, const ColourSpread& colours, std::int64_t positions, float* pixels) {
  const std::size_t channels = colours.mean.size();
  std::array<std::array<float, 3>, 3> matrix{};  // axesᵀ · diag(contrast) · axes
  for (std::size_t i = 0; i < channels; ++i)
    for (std::size_t j = 0; j < channels; ++j) {
      double sum = 0;
      for (std::size_t a = 0; a < channels; ++a)
        sum += colours.axes[a * channels + i] * change.contrast[a] * colours.axes[a * channels + j];
      matrix[i][j] = static_cast<float>(sum);
    }
  std::array<float, 3> mean{}, away{};
  for (std::size_t c = 0; c < channels; ++c) mean[c] = static_cast<float>(colours.mean[c]);
  for (std::int64_t p = 0; p < positions; ++p, pixels += channels) {
    for (std::size_t c = 0; c < channels; ++c) away[c] = pixels[c] - mean[c];
    for (std::size_t c = 0; c < channels; ++c) {
      float sum = mean[c];
      for (std::size_t d = 0; d < channels; ++d) sum += matrix[c][d] * away[d];
      pixels[c] = std::clamp(sum, 0.0f, 255.0f);
    }
  }
}

void change_hsv(const PatchChange& change, std::size_t channels, std::int64_t positions, float* pixels) {
  for (std::int64_t p = 0; p < positions; ++p, pixels += channels) {
    if (channels == 1) {
      pixels[0] = 255 * bent(change.value, pixels[0] / 255);
      continue;
    }
    std::array<float, 3> hsv = to_hsv({pixels[0] / 255, pixels[1] / 255, pixels[2] / 255});
    const float hue = hsv[0] + static_cast<float>(change.hue);
    hsv = {hue - std::floor(hue), bent(change.saturation, hsv[1]), bent(change.value, hsv[2])};
    const std::array<float, 3> rgb = to_rgb(hsv);
    for (std::size_t c = 0; c < 3; ++c) pixels[c] = 255 * rgb[c];
  }
}

}  // namespace

PatchChange draw_change(const SurrogateRecipe& strengths, random::Generator& draws) {
  const auto either_way = [&](double most) { return most * (2.0 * draws.next_uniform() - 1); };
  const auto factor = [&](double most) {
    const double share = 2.0 * draws.next_uniform() - 1;
    return most == 1 ? 1 : std::pow(most, share);
  };
  PatchChange change;
  change.down = either_way(strengths.translation);
  change.right = either_way(strengths.translation);
  change.scale = factor(strengths.scale);
  change.turn = either_way(strengths.rotation) * std::numbers::pi / 180;
  for (double& contrast : change.contrast) contrast = factor(strengths.contrast);
  for (PatchChange::Curve* curve : {&change.value, &change.saturation}) curve->power = factor(strengths.power);
  for (PatchChange::Curve* curve : {&change.value, &change.saturation}) curve->factor = factor(strengths.factor);
  for (PatchChange::Curve* curve : {&change.value, &change.saturation}) curve->offset = either_way(strengths.offset);
  change.hue = either_way(strengths.hue);
  return change;
}

AffineMap patch_map(const PatchWindow& window, const PatchChange& change, std::int64_t side) {
  const double covered = window.side / change.scale, step = covered / static_cast<double>(side);
  const double middle = static_cast<double>(side - 1) / 2;
  const AffineMap about_middle{{step, 0, -step * middle, 0, step, -step * middle}};
  const AffineMap turned = AffineMap::rotation(change.turn, 1, 1);
  const AffineMap placed{{1, 0, window.row + change.down * covered, 0, 1, window.column + change.right * covered}};
  return about_middle.after(turned.after(placed));
}

void change_colours(const PatchChange& change, const ColourSpread& colours, std::int64_t positions, float* pixels) {
  const std::size_t channels = colours.mean.size();
  const auto begin = change.contrast.begin();
  if (std::any_of(begin, begin + static_cast<std::ptrdiff_t>(channels), [](double factor) { return factor != 1; }))
    change_contrast(change, colours, positions, pixels);
  if (change.changes_hsv()) change_hsv(change, channels, positions, pixels);
}

std::array<float, 3> to_hsv(const std::array<float, 3>& rgb) {
  const auto [least, largest] = std::minmax_element(rgb.begin(), rgb.end());
  const float value = *largest, range = value - *least;
  if (range <= 0) return {0, 0, value};
  float sixths = 0;
  if (largest == rgb.begin())
    sixths = (rgb[1] - rgb[2]) / range;
  else if (largest == rgb.begin() + 1)
    sixths = 2 + (rgb[2] - rgb[0]) / range;
  else
    sixths = 4 + (rgb[0] - rgb[1]) / range;
  const float hue = sixths / 6;
  return {hue < 0 ? hue + 1 : hue, range / value, value};
}

std::array<float, 3> to_rgb(const std::array<float, 3>& hsv) {
  const float sixths = 6 * hsv[0], whole = std::floor(sixths), rest = sixths - whole;
  const float value = hsv[2], low = value * (1 - hsv[1]), falling = value * (1 - hsv[1] * rest), rising = value * (1 - hsv[1] * (1 - rest));
  switch (static_cast<int>(whole) % 6) {
    case 0:
      return {value, rising, low};
    case 1:
      return {falling, value, low};
    case 2:
      return {low, value, rising};
    case 3:
      return {low, falling, value};
    case 4:
      return {rising, low, value};
    default:
      return {value, low, falling};
  }
}

}  // namespace reprise::datasets
