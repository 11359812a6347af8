// Transformations of a patch against their definitions in double.

#include "datasets/patch_change.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace reprise::datasets {
namespace {

random::Generator draws_of(std::uint64_t sample) {
  return random::Generator({0, random::Purpose::surrogate, 1, 3, sample});
}

/// As in a textbook: hue of the largest channel, in double.
std::array<double, 3> reference_hsv(const std::array<double, 3>& rgb) {
  const double value = std::max({rgb[0], rgb[1], rgb[2]}), range = value - std::min({rgb[0], rgb[1], rgb[2]});
  if (range == 0) return {0, 0, value};
  double degrees = 0;
  if (value == rgb[0])
    degrees = 60 * std::fmod((rgb[1] - rgb[2]) / range + 6, 6);
  else if (value == rgb[1])
    degrees = 60 * ((rgb[2] - rgb[0]) / range + 2);
  else
    degrees = 60 * ((rgb[0] - rgb[1]) / range + 4);
  return {degrees / 360, range / value, value};
}
/// The other formula: f(n) = v - v s max(0, min(k, 4 - k, 1)), k = (n + 6 h) mod 6, for n = 5, 3, 1.
std::array<double, 3> reference_rgb(const std::array<double, 3>& hsv) {
  std::array<double, 3> rgb{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double k = std::fmod(5 - 2.0 * static_cast<double>(i) + 6 * hsv[0], 6);
    rgb[i] = hsv[2] - hsv[2] * hsv[1] * std::max(0.0, std::min({k, 4 - k, 1.0}));
  }
  return rgb;
}

constexpr double kColourError = 8 * 6e-8;  // a few roundings of numbers up to 1, six of them for the hue

TEST(Hsv, of_known_colours) {
  EXPECT_EQ(to_hsv({1, 0, 0}), (std::array<float, 3>{0, 1, 1}));
  EXPECT_EQ(to_hsv({0, 0.5f, 0}), (std::array<float, 3>{1.0f / 3, 1, 0.5f}));
  EXPECT_EQ(to_hsv({0, 0, 1}), (std::array<float, 3>{2.0f / 3, 1, 1}));
  EXPECT_EQ(to_hsv({0.25f, 0.25f, 0.25f}), (std::array<float, 3>{0, 0, 0.25f}));
  EXPECT_EQ(to_rgb({0.5f, 1, 1}), (std::array<float, 3>{0, 1, 1}));
  EXPECT_EQ(to_rgb({0.5f, 0, 0.75f}), (std::array<float, 3>{0.75f, 0.75f, 0.75f}));
}

TEST(Hsv, equals_its_definition_and_goes_back) {
  random::Generator draws = draws_of(1);
  for (int i = 0; i < 2000; ++i) {
    const std::array<float, 3> rgb{draws.next_uniform(), draws.next_uniform(), draws.next_uniform()}, hsv = to_hsv(rgb);
    const std::array<double, 3> expected = reference_hsv({rgb[0], rgb[1], rgb[2]});
    const double hue = std::abs(hsv[0] - expected[0]), range = expected[1] * expected[2];
    EXPECT_LT(std::min(hue, 1 - hue), kColourError / range);
    EXPECT_NEAR(hsv[1], expected[1], kColourError / expected[2]);
    EXPECT_EQ(hsv[2], static_cast<float>(expected[2]));
    const std::array<float, 3> back = to_rgb(hsv);
    const std::array<double, 3> expected_back = reference_rgb({hsv[0], hsv[1], hsv[2]});
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(back[c], expected_back[c], kColourError);
      EXPECT_NEAR(back[c], rgb[c], 2 * kColourError);
    }
  }
}

TEST(DrawChange, stays_within_the_strengths_and_reaches_for_them) {
  const SurrogateRecipe strengths;
  double most_turned = 0, most_scaled = 1, least_scaled = 1, most_hue = 0, most_power = 1, mean_log = 0;
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) {
    random::Generator draws = draws_of(static_cast<std::uint64_t>(i));
    const PatchChange change = draw_change(strengths, draws);
    for (const double move : {change.down, change.right}) EXPECT_LE(std::abs(move), 0.2);
    for (const double factor : change.contrast) EXPECT_TRUE(factor >= 0.5 && factor <= 2);
    for (const PatchChange::Curve& curve : {change.saturation, change.value}) {
      EXPECT_TRUE(curve.power >= 0.25 && curve.power <= 4);
      EXPECT_TRUE(curve.factor >= 1 / 1.4 - 1e-12 && curve.factor <= 1.4);
      EXPECT_LE(std::abs(curve.offset), 0.1);
      most_power = std::max(most_power, curve.power);
    }
    most_turned = std::max(most_turned, std::abs(change.turn)), most_hue = std::max(most_hue, std::abs(change.hue));
    most_scaled = std::max(most_scaled, change.scale), least_scaled = std::min(least_scaled, change.scale);
    mean_log += std::log(change.scale) / kDraws;
  }
  EXPECT_LE(most_turned, 20 * std::numbers::pi / 180);
  EXPECT_GT(most_turned, 19.9 * std::numbers::pi / 180);
  EXPECT_LE(most_hue, 0.1);
  EXPECT_GT(most_hue, 0.099);
  EXPECT_GT(most_power, 3.99);
  EXPECT_GT(most_scaled, 1.395);
  EXPECT_LT(least_scaled, 1 / 1.395);
  EXPECT_NEAR(mean_log, 0, 4 * std::log(1.4) / std::sqrt(3.0 * kDraws));  // uniform on either side of 0: four standard errors
}

/// A net that is trained without one transformation sees all others as the net that has it.
TEST(DrawChange, leaving_a_transformation_out_changes_no_other_draw) {
  SurrogateRecipe without;
  without.rotation = 0, without.contrast = 1, without.offset = 0;
  random::Generator all_draws = draws_of(7), fewer_draws = draws_of(7);
  const PatchChange all = draw_change({}, all_draws), fewer = draw_change(without, fewer_draws);
  EXPECT_NE(all.turn, 0);
  EXPECT_EQ(fewer.turn, 0);
  EXPECT_EQ(fewer.contrast, (std::array<double, 3>{1, 1, 1}));
  EXPECT_EQ(fewer.value.offset, 0);
  EXPECT_EQ(fewer.down, all.down);
  EXPECT_EQ(fewer.scale, all.scale);
  EXPECT_EQ(fewer.value.power, all.value.power);
  EXPECT_EQ(fewer.saturation.factor, all.saturation.factor);
  EXPECT_EQ(fewer.hue, all.hue);
  EXPECT_EQ(all_draws.next_word(), fewer_draws.next_word());
}

TEST(PatchMap, without_a_change_is_the_window) {
  const AffineMap map = patch_map({10, 20, 8}, {}, 8);
  EXPECT_DOUBLE_EQ(map.at(0, 0).row, 10 - 3.5);
  EXPECT_DOUBLE_EQ(map.at(7, 0).row, 10 + 3.5);
  EXPECT_DOUBLE_EQ(map.at(7, 2).column, 20 - 1.5);
}

/// Scaling, then turning, then moving, each computed on its own.
TEST(PatchMap, equals_its_parts_one_after_the_other) {
  const PatchWindow window{30, 40, 24};
  PatchChange change;
  change.down = 0.15, change.right = -0.2, change.scale = 1.3, change.turn = 0.3;
  const AffineMap map = patch_map(window, change, 32);
  for (const auto& [row, column] : {std::pair{0, 0}, {31, 0}, {13, 29}, {16, 16}}) {
    const double covered = 24 / 1.3, down = (row - 15.5) * covered / 32, right = (column - 15.5) * covered / 32;
    // What is shown turns counter-clockwise: to the right of the middle one sees what was below it on the right.
    const double from_row = std::cos(0.3) * down + std::sin(0.3) * right, from_column = -std::sin(0.3) * down + std::cos(0.3) * right;
    EXPECT_NEAR(map.at(row, column).row, 30 + 0.15 * covered + from_row, 1e-12);
    EXPECT_NEAR(map.at(row, column).column, 40 - 0.2 * covered + from_column, 1e-12);
  }
}

/// Axes that are turned by a known angle in the plane of the first two channels.
ColourSpread turned_axes() {
  const double c = std::cos(0.4), s = std::sin(0.4);
  return {{100, 120, 90}, {c, s, 0, -s, c, 0, 0, 0, 1}};
}

TEST(ChangeColours, contrast_scales_each_axis_about_the_mean) {
  const ColourSpread colours = turned_axes();
  PatchChange change;
  change.contrast = {1.5, 0.5, 0.8};
  const std::array<float, 3> pixel{110, 150, 60};
  std::array<float, 3> changed = pixel;
  change_colours(change, colours, 1, changed.data());
  for (std::size_t a = 0; a < 3; ++a) {
    double before = 0, after = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      before += colours.axes[3 * a + i] * (pixel[i] - colours.mean[i]);
      after += colours.axes[3 * a + i] * (changed[i] - colours.mean[i]);
    }
    EXPECT_NEAR(after, change.contrast[a] * before, 1e-4);  // bytes have 24 bits: ten roundings of 1.5e-5
  }
}

TEST(ChangeColours, hue_saturation_and_value_equal_their_definition) {
  PatchChange change;
  change.saturation = {0.5, 1.2, -0.05}, change.value = {2, 0.9, 0.08}, change.hue = -0.1;
  random::Generator draws = draws_of(2);
  for (int i = 0; i < 500; ++i) {
    std::array<float, 3> pixel{};
    for (float& value : pixel) value = static_cast<float>(draws.next_below(256));
    std::array<double, 3> hsv = reference_hsv({pixel[0] / 255.0, pixel[1] / 255.0, pixel[2] / 255.0});
    hsv[0] = std::fmod(hsv[0] - 0.1 + 1, 1);
    hsv[1] = std::clamp(1.2 * std::sqrt(hsv[1]) - 0.05, 0.0, 1.0), hsv[2] = std::clamp(0.9 * hsv[2] * hsv[2] + 0.08, 0.0, 1.0);
    const std::array<double, 3> expected = reference_rgb(hsv);
    change_colours(change, turned_axes(), 1, pixel.data());
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(pixel[c], 255 * expected[c], 0.01);
  }
}

TEST(ChangeColours, without_a_change_leaves_every_bit) {
  std::array<float, 6> pixels{0.1f, 255, 33.3f, 7, 7, 7};
  const std::array<float, 6> before = pixels;
  change_colours({}, turned_axes(), 2, pixels.data());
  EXPECT_EQ(pixels, before);
}

TEST(ChangeColours, grey_has_a_contrast_and_a_value) {
  PatchChange change;
  change.contrast = {2, 1, 1}, change.value = {0.5, 1, 0}, change.hue = 0.1, change.saturation = {4, 1, 0};
  std::array<float, 2> pixels{110, 255};
  change_colours(change, {{100}, {1}}, 2, pixels.data());
  EXPECT_NEAR(pixels[0], 255 * std::sqrt(120.0 / 255), 1e-3);
  EXPECT_EQ(pixels[1], 255);  // clipped after the contrast, and 1 stays 1
}

}  // namespace
}  // namespace reprise::datasets
