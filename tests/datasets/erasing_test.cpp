// What is painted over: areas against their formulas, and pixels of samples.

#include "datasets/erasing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "datasets/augmentation.hpp"
#include "datasets/sample_source.hpp"
#include "suite/errors.hpp"
#include "temporary_folder.hpp"

namespace reprise::datasets {
namespace {

constexpr int kDraws = 20000;

std::unique_ptr<const Eraser> eraser(const std::string& text, int height, int width, int channels = 1) {
  NamedCall call("augmentation", text);
  return make_eraser(call, height, width, channels);
}

std::optional<Rectangle> draw(const Eraser& eraser, int height, int width, std::uint64_t sample) {
  random::Generator draws({1, random::Purpose::augmentation, 0, 0, sample});
  return eraser.draw(draws, height, width);
}

/// Mean and its standard error.
struct Mean {
  double sum = 0, squares = 0, count = 0;
  void add(double value) { sum += value, squares += value * value, ++count; }
  double mean() const { return sum / count; }
  double error() const { return std::sqrt((squares / count - mean() * mean()) / count); }
};

TEST(Erasing, cutout_of_16_in_32_leaves_squares_of_mean_side_14_and_mean_area_196) {
  const auto cutout = eraser("cutout(size=16)", 32, 32);
  Mean side, area;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const Rectangle r = *draw(*cutout, 32, 32, i);
    side.add(r.height), area.add(r.height * r.width);
    // Cut off at an edge, or whole.
    ASSERT_TRUE(r.height == 16 || r.top == 0 || r.top + r.height == 32);
    ASSERT_TRUE(r.left >= 0 && r.left + r.width <= 32 && r.width >= 8);
  }
  EXPECT_NEAR(side.mean(), 14, 5 * side.error());
  EXPECT_NEAR(area.mean(), 196, 5 * area.error());  // rows and columns are drawn independently
}

/// 32 - 12 + 1 places in either direction.
TEST(Erasing, whole_squares_lie_in_the_image_at_any_of_21_places) {
  const auto cutout = eraser("cutout(size=12,whole=1)", 32, 32);
  Mean top;
  int last = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const Rectangle r = *draw(*cutout, 32, 32, i);
    ASSERT_TRUE(r.height == 12 && r.width == 12 && r.left >= 0 && r.left <= 20);
    top.add(r.top), last = std::max(last, r.top);
  }
  EXPECT_NEAR(top.mean(), 10, 5 * top.error());
  EXPECT_EQ(last, 20);
  EXPECT_THROW(eraser("cutout(size=40,whole=1)", 32, 32), InputError);
}

/// Mean area and height over width of accepted rectangles, by summing over a fine grid of the two uniform draws.
struct Expected {
  double area, accepted;
};
Expected expected(double low, double high, double aspect, int size) {
  constexpr int kGrid = 1000;
  double area = 0, accepted = 0;
  for (int i = 0; i < kGrid; ++i)
    for (int j = 0; j < kGrid; ++j) {
      const double a = (low + (high - low) * (i + 0.5) / kGrid) * size * size, r = aspect + (1 / aspect - aspect) * (j + 0.5) / kGrid;
      const double h = std::round(std::sqrt(a * r)), w = std::round(std::sqrt(a / r));
      if (h >= size || w >= size) continue;
      area += h * w, ++accepted;
    }
  return {area / accepted, accepted / (kGrid * kGrid)};
}

TEST(Erasing, random_erasing_has_the_area_and_shape_of_its_formula) {
  const auto erasing = eraser("random_erasing(probability=0.5)", 28, 28);
  Mean area;
  double erased = 0, tall = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const auto r = draw(*erasing, 28, 28, i);
    if (!r) continue;
    ++erased, area.add(r->height * r->width), tall += r->height > r->width;
    ASSERT_TRUE(r->top >= 0 && r->left >= 0 && r->top + r->height <= 28 && r->left + r->width <= 28);
    ASSERT_TRUE(r->height < 28 && r->width < 28);
  }
  EXPECT_NEAR(erased / kDraws, 0.5, 5 * std::sqrt(0.25 / kDraws));
  const Expected wanted = expected(0.02, 0.4, 0.3, 28);
  EXPECT_NEAR(area.mean(), wanted.area, 5 * area.error());
  // The ratio is uniform from 0.3 to 3.33, so that most rectangles stand upright: 2.33 of 3.03, less by those that are drawn anew.
  EXPECT_GT(tall / erased, 0.65);
  EXPECT_LT(wanted.accepted, 1);
}

TEST(Erasing, a_rectangle_that_never_fits_leaves_the_sample_whole) {
  const auto erasing = eraser("random_erasing(probability=1,low=1,high=1)", 28, 28);
  EXPECT_FALSE(draw(*erasing, 28, 28, 0));
}

TEST(Erasing, a_sample_is_painted_inside_the_rectangle_and_nowhere_else) {
  ImageSet set;
  set.name = "white", set.split = "train", set.digest = "white";
  set.count = 200, set.channels = 3, set.height = 6, set.width = 5, set.classes = 2;
  set.pixels.assign(static_cast<std::size_t>(set.count * set.image_bytes()), 255);
  set.labels.assign(200, 0);
  const auto images = std::make_shared<const ImageSet>(set);
  const auto preprocessing = Preprocessing::fit({"scale"}, set);
  const SampleSource source(images, preprocessing, {"flip", "cutout(size=2,fill=0.5/-1/2)"});
  const auto cutout = eraser("cutout(size=2)", 6, 5, 3);
  const FetchKey key{1, 4};
  std::vector<float> sample(90);
  for (std::int64_t i = 0; i < set.count; ++i) {
    source.fetch(i, &key, sample.data());
    random::Generator draws({1, random::Purpose::augmentation, 1, 4, static_cast<std::uint64_t>(i)});  // place 1 of the list
    const Rectangle r = *cutout->draw(draws, 6, 5);
    for (int y = 0; y < 6; ++y)
      for (int x = 0; x < 5; ++x) {
        const bool inside = y >= r.top && y < r.top + r.height && x >= r.left && x < r.left + r.width;
        const std::size_t at = static_cast<std::size_t>(y * 5 + x) * 3;
        ASSERT_EQ(sample[at], inside ? 0.5f : 1.0f);
        ASSERT_EQ(sample[at + 1], inside ? -1.0f : 1.0f);
        ASSERT_EQ(sample[at + 2], inside ? 2.0f : 1.0f);
      }
    source.fetch(i, nullptr, sample.data());
    ASSERT_EQ(sample, std::vector<float>(90, 1.0f));  // test images stay whole
  }
}

TEST(Erasing, names_arguments_out_of_range) {
  expect_error([] { Augmentations({"cutout(size=1)"}, 6, 5); }, {"cutout", "size"});
  expect_error([] { Augmentations({"random_erasing(low=0.5,high=0.4)"}, 6, 5); }, {"random_erasing", "high"});
  expect_error([] { Augmentations({"cutout(size=2,fill=1/2)"}, 6, 5, 3); }, {"cutout", "fill"});
}

}  // namespace
}  // namespace reprise::datasets
