#include "datasets/derived_sets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "datasets/digest.hpp"

namespace reprise::datasets {
namespace {

TEST(Synthetic, has_the_size_asked_for_and_balanced_classes) {
  const Dataset data = load("synthetic-color32", "/nowhere", {1000, 100});
  EXPECT_EQ(data.train.count, 1000);
  EXPECT_EQ(data.test.count, 100);
  EXPECT_EQ(data.train.channels, 3);
  EXPECT_EQ(data.train.classes, 10);
  for (int label = 0; label < 10; ++label) EXPECT_EQ(std::count(data.train.labels.begin(), data.train.labels.end(), label), 100);
  EXPECT_EQ(load("synthetic-gray28", "/nowhere").train.count, 2000);
}

TEST(Synthetic, an_image_depends_on_its_split_and_index_only) {
  const DatasetEntry& entry = require_entry("synthetic-gray28");
  const ImageSet few = draw_synthetic(entry, Split::train, 20), more = draw_synthetic(entry, Split::train, 30);
  EXPECT_TRUE(std::equal(few.pixels.begin(), few.pixels.end(), more.pixels.begin()));
  EXPECT_NE(draw_synthetic(entry, Split::test, 20).pixels, few.pixels);
}

/// Classifies test images by the nearest mean image of a class.
double nearest_mean_accuracy(const Dataset& data) {
  const auto size = static_cast<std::size_t>(data.train.image_bytes());
  std::vector<std::vector<double>> means(10, std::vector<double>(size, 0.0));
  for (std::int64_t i = 0; i < data.train.count; ++i)
    for (std::size_t j = 0; j < size; ++j)
      means[static_cast<std::size_t>(data.train.labels[static_cast<std::size_t>(i)])][j] +=
          data.train.image(i)[j] * 10.0 / static_cast<double>(data.train.count);
  int right = 0;
  for (std::int64_t i = 0; i < data.test.count; ++i) {
    std::vector<double> distances(10, 0.0);
    for (std::size_t label = 0; label < 10; ++label)
      for (std::size_t j = 0; j < size; ++j) distances[label] += std::pow(data.test.image(i)[j] - means[label][j], 2);
    const auto nearest = std::min_element(distances.begin(), distances.end()) - distances.begin();
    right += nearest == data.test.labels[static_cast<std::size_t>(i)];
  }
  return right / static_cast<double>(data.test.count);
}

TEST(Synthetic, classes_can_be_learnt_from_the_training_split) {
  // Chance is 10 %. The bound leaves room for other mathematical libraries' last bits, nothing else.
  EXPECT_GT(nearest_mean_accuracy(load("synthetic-gray28", "/nowhere", {500, 200})), 0.8);
  EXPECT_GT(nearest_mean_accuracy(load("synthetic-color32", "/nowhere", {500, 200})), 0.8);
}

/// Base images with a bright frame pixel in each corner, so that the position on a canvas shows.
ImageSet corners(std::int64_t count) {
  ImageSet set;
  set.count = count, set.channels = 1, set.height = 3, set.width = 2, set.classes = 2;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto mark = static_cast<std::uint8_t>(100 + i % 100);
    for (const std::uint8_t pixel : {mark, mark, std::uint8_t{7}, std::uint8_t{8}, mark, mark}) set.pixels.push_back(pixel);
    set.labels.push_back(static_cast<std::int32_t>(i % 2));
  }
  return set;
}

TEST(Canvas, holds_each_image_whole_on_black) {
  std::vector<std::int64_t> indices(200);
  for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<std::int64_t>(i);
  const ImageSet base = corners(200), canvas = on_canvas(base, indices, Split::train, 5);
  EXPECT_EQ(canvas.labels, base.labels);
  std::set<std::int64_t> positions;
  for (std::int64_t i = 0; i < 200; ++i) {
    const std::uint8_t* pixels = canvas.image(i);
    const std::int64_t first = std::find_if(pixels, pixels + 25, [](std::uint8_t p) { return p != 0; }) - pixels;
    positions.insert(first);
    std::vector<std::uint8_t> expected(25, 0);
    for (std::int64_t y = 0; y < 3; ++y)
      for (std::int64_t x = 0; x < 2; ++x) expected[static_cast<std::size_t>(first + y * 5 + x)] = base.image(i)[y * 2 + x];
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), pixels)) << "image " << i;
    ASSERT_LE(first % 5, 3);
    ASSERT_LE(first / 5, 2);
  }
  // 12 positions; the chance that 200 draws miss one is below 12 * (11/12)^200 < 4e-7, and the draws are fixed.
  EXPECT_EQ(positions.size(), 12u);
}

TEST(Canvas, an_image_has_the_same_position_in_every_selection) {
  const ImageSet base = corners(4);
  const ImageSet all = on_canvas(base, {0, 1, 2, 3}, Split::train, 64);
  ImageSet third = base;
  third.count = 1;
  third.pixels.assign(base.image(2), base.image(3));
  third.labels = {base.labels[2]};
  const ImageSet alone = on_canvas(third, {2}, Split::train, 64);
  EXPECT_TRUE(std::equal(alone.pixels.begin(), alone.pixels.end(), all.image(2)));
  EXPECT_NE(on_canvas(base, {0, 1, 2, 3}, Split::test, 64).pixels, all.pixels);
}

TEST(Rotated, splits_share_no_image) {
  const DrawnSplits drawn = draw_splits(70, 12, 50);
  std::set<std::int64_t> all(drawn.train.begin(), drawn.train.end());
  all.insert(drawn.test.begin(), drawn.test.end());
  EXPECT_EQ(drawn.train.size() + drawn.test.size(), 62u);
  EXPECT_EQ(all.size(), 62u);
  EXPECT_GE(*all.begin(), 0);
  EXPECT_LT(*all.rbegin(), 70);
  EXPECT_NE(*std::max_element(drawn.train.begin(), drawn.train.end()), 11);  // not the first twelve
}

/// A white disc of radius 3 in the middle of a black image and a grey pixel at its right.
ImageSet discs(std::int64_t count) {
  ImageSet set;
  set.count = count, set.channels = 1, set.height = 15, set.width = 15, set.classes = 1;
  for (std::int64_t i = 0; i < count; ++i)
    for (int y = -7; y <= 7; ++y)
      for (int x = -7; x <= 7; ++x) set.pixels.push_back(y * y + x * x <= 9 ? 255 : y == 0 && x == 5 ? 200 : 0);
  set.labels.assign(static_cast<std::size_t>(count), 0);
  return set;
}

TEST(Rotated, turns_about_the_centre_by_angles_that_fill_the_circle) {
  const std::int64_t count = 400;
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < count; ++i) places.push_back(i);
  const ImageSet base = discs(count), set = turned(base, places);
  std::vector<int> quadrants(4, 0);
  for (std::int64_t i = 0; i < count; ++i) {
    EXPECT_EQ(set.image(i)[7 * 15 + 7], 255);
    double y = 0, x = 0, sum = 0;  // where the grey pixel went
    for (int row = -7; row <= 7; ++row)
      for (int column = -7; column <= 7; ++column) {
        const double value = row * row + column * column > 16 ? set.image(i)[(row + 7) * 15 + column + 7] : 0;
        sum += value, y += row * value, x += column * value;
      }
    ASSERT_GT(sum, 100) << i;
    EXPECT_NEAR(std::hypot(y / sum, x / sum), 5, 0.4);
    ++quadrants[static_cast<std::size_t>((y > 0 ? 2 : 0) + (x > 0 ? 1 : 0))];
  }
  // 100 each, with a deviation of 8.7; the draws are fixed.
  for (const int found : quadrants) EXPECT_NEAR(found, 100, 35);
}

TEST(Rotated, an_image_has_the_same_angle_in_every_choice) {
  const ImageSet base = discs(4), all = turned(base, {5, 6, 7, 8});
  ImageSet third = base;
  third.count = 1;
  third.pixels.assign(base.image(2), base.image(3));
  third.labels = {0};
  const ImageSet alone = turned(third, {7});
  EXPECT_TRUE(std::equal(alone.pixels.begin(), alone.pixels.end(), all.image(2)));
  EXPECT_FALSE(std::equal(all.image(0), all.image(1), all.image(1)));
}

}  // namespace
}  // namespace reprise::datasets
