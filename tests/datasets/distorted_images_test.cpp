#include "datasets/distorted_images.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <string>

#include "datasets/digest.hpp"
#include "datasets/warp.hpp"
#include "suite/errors.hpp"

namespace reprise::datasets {
namespace {

constexpr Distortion kDistortions[] = {Distortion::rotation, Distortion::pose,    Distortion::projective,
                                       Distortion::elastic,  Distortion::clutter, Distortion::addition};

/// Image i shows a block of `side` pixels, its upper left corner at (top, left), of brightness 20 (i % 10 + 1); i % 10 is its label.
ImageSet blocks(int top, int left, int side, std::int64_t count = 40) {
  ImageSet set;
  set.name = "blocks";
  set.count = count;
  set.channels = 1, set.height = set.width = 28, set.classes = 10;
  set.pixels.assign(static_cast<std::size_t>(count * 784), 0);
  for (std::int64_t i = 0; i < count; ++i) {
    set.labels.push_back(static_cast<std::int32_t>(i % 10));
    for (int y = top; y < top + side; ++y)
      for (int x = left; x < left + side; ++x)
        set.pixels[static_cast<std::size_t>(i * 784 + y * 28 + x)] = static_cast<std::uint8_t>(20 * (i % 10 + 1));
  }
  return set;
}

ImageSet make(const ImageSet& base, Distortion distortion, Split split = Split::train) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(base.count));
  std::iota(indices.begin(), indices.end(), 0);
  return distorted(base, indices, split, distortion);
}

using Pixels = std::vector<std::uint8_t>;

Pixels pixels(const ImageSet& set, std::int64_t index, const FetchKey* key = nullptr) {
  Pixels room;
  set.image(index, room, key);
  return room;
}

struct Shape {
  double mass = 0, row = 0, column = 0;  ///< sum of the pixels over the brightest; its middle
};
Shape shape_of(const Pixels& image, int side) {
  Shape shape;
  const double brightest = *std::max_element(image.begin(), image.end());
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      const double value = image[static_cast<std::size_t>(y * side + x)] / brightest;
      shape.mass += value, shape.row += value * y, shape.column += value * x;
    }
  shape.row /= shape.mass, shape.column /= shape.mass;
  return shape;
}

/// Of one image over many epochs.
std::vector<Shape> shapes(const ImageSet& set, int epochs, std::int64_t image = 9) {
  std::vector<Shape> all;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const FetchKey key{1, static_cast<std::uint64_t>(epoch)};
    all.push_back(shape_of(pixels(set, image, &key), set.height));
  }
  return all;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}
double deviation(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += (value - mean(values)) * (value - mean(values));
  return std::sqrt(sum / static_cast<double>(values.size()));
}
template <class Of>
std::vector<double> each(const std::vector<Shape>& all, const Of& of) {
  std::vector<double> values;
  for (const Shape& shape : all) values.push_back(of(shape));
  return values;
}

TEST(DistortedImages, are_one_image_for_tests_and_another_in_every_epoch) {
  const ImageSet base = blocks(9, 8, 10);
  for (const Distortion distortion : kDistortions) {
    const ImageSet set = make(base, distortion);
    const FetchKey first{1, 0}, second{1, 1}, other_seed{2, 0};
    EXPECT_EQ(pixels(set, 3), pixels(set, 3));
    EXPECT_EQ(pixels(set, 3, &first), pixels(set, 3, &first));
    EXPECT_NE(pixels(set, 3), pixels(set, 3, &first));
    EXPECT_NE(pixels(set, 3, &first), pixels(set, 3, &second));
    EXPECT_NE(pixels(set, 3, &first), pixels(set, 3, &other_seed));
    EXPECT_NE(pixels(set, 3), pixels(make(base, distortion, Split::test), 3));
    EXPECT_EQ(set.height, entry_of(distortion).side);
    EXPECT_EQ(pixels(set, 3).size(), static_cast<std::size_t>(set.channels * set.height * set.width));
  }
}

/// The draw follows the image's place in its split, whichever others were chosen.
TEST(DistortedImages, an_image_is_the_same_in_every_choice) {
  const ImageSet base = blocks(9, 8, 10);
  ImageSet one = base;
  one.count = 1;
  one.pixels.assign(base.image(7), base.image(8));
  one.labels = {7};
  for (const Distortion distortion : {Distortion::rotation, Distortion::pose, Distortion::projective, Distortion::elastic})
    EXPECT_EQ(pixels(distorted(one, {7}, Split::train, distortion), 0), pixels(make(base, distortion), 7));
}

TEST(DistortedImages, digests_tell_the_distortions_and_the_images_apart) {
  std::vector<std::string> digests;
  for (const Distortion distortion : kDistortions) digests.push_back(make(blocks(9, 8, 10), distortion).digest);
  digests.push_back(make(blocks(9, 9, 10), Distortion::rotation).digest);
  std::sort(digests.begin(), digests.end());
  EXPECT_EQ(std::unique(digests.begin(), digests.end()), digests.end());
  EXPECT_EQ(make(blocks(9, 8, 10), Distortion::pose).digest, make(blocks(9, 8, 10), Distortion::pose).digest);
}

/// A block to the right of the middle goes up to a quarter turn each way: its middle stays on a circle, on its right half.
TEST(DistortedImages, rotation_is_about_the_middle_and_up_to_a_quarter_turn) {
  const std::vector<Shape> all = shapes(make(blocks(12, 20, 4), Distortion::rotation), 300);
  std::vector<double> angles;
  for (const Shape& shape : all) {
    EXPECT_NEAR(std::hypot(shape.row - 13.5, shape.column - 13.5), 8, 0.15);
    angles.push_back(std::atan2(shape.row - 13.5, shape.column - 13.5) * 180 / std::acos(-1.0));
  }
  EXPECT_LE(*std::max_element(angles.begin(), angles.end()), 91);
  EXPECT_GE(*std::min_element(angles.begin(), angles.end()), -91);
  EXPECT_NEAR(mean(angles), 0, 12);
  EXPECT_NEAR(deviation(angles), 180 / std::sqrt(12.0), 5);  // uniform over 180 degrees
}

TEST(DistortedImages, poses_fill_their_ranges_of_scale_and_place) {
  const std::vector<Shape> all = shapes(make(blocks(9, 9, 10), Distortion::pose), 400);
  const std::vector<double> scales = each(all, [](const Shape& s) { return std::sqrt(s.mass) / 10; });
  EXPECT_NEAR(*std::min_element(scales.begin(), scales.end()), 0.7, 0.03);
  EXPECT_NEAR(*std::max_element(scales.begin(), scales.end()), 1.2, 0.03);
  EXPECT_NEAR(mean(scales), 0.95, 0.03);
  for (const auto& places : {each(all, [](const Shape& s) { return s.row; }), each(all, [](const Shape& s) { return s.column; })}) {
    EXPECT_NEAR(mean(places), 20.5, 0.8);
    EXPECT_NEAR(deviation(places), 14 / std::sqrt(12.0), 0.3);  // uniform over 14 pixels
  }
}

/// The middle goes where the diagonals meet. Each moves sideways by the mean of its two ends, 5 / sqrt 2; times the scale.
TEST(DistortedImages, a_perspective_moves_the_middle_with_the_diagonals) {
  const std::vector<Shape> all = shapes(make(blocks(12, 12, 4), Distortion::projective), 400);
  for (const auto& places : {each(all, [](const Shape& s) { return s.row; }), each(all, [](const Shape& s) { return s.column; })}) {
    EXPECT_NEAR(mean(places), 13.5, 0.5);
    EXPECT_NEAR(deviation(places), 0.875 * 5 / std::sqrt(2.0), 0.5);
  }
}

/// A dot on a point of the plate moves by that point's deviation, towards where it is seen from.
TEST(DistortedImages, elastic_moves_a_point_of_the_plate_by_its_deviation) {
  const std::vector<Shape> all = shapes(make(blocks(9, 9, 1), Distortion::elastic), 400);
  for (const auto& places : {each(all, [](const Shape& s) { return s.row; }), each(all, [](const Shape& s) { return s.column; })}) {
    EXPECT_NEAR(mean(places), 13.5 - 0.875 * 4.5, 0.4);
    EXPECT_NEAR(deviation(places), 0.875 * 1.5, 0.35);
  }
}

TEST(DistortedImages, clutter_holds_the_image_whole_and_pieces_of_others) {
  ImageSet base = blocks(0, 0, 28);  // every piece is full
  const ImageSet set = make(base, Distortion::clutter);
  int most = 0;
  for (std::int64_t i = 0; i < 10; ++i) {
    const Pixels image = pixels(set, i);
    const auto own = static_cast<std::uint8_t>(20 * (i % 10 + 1));
    const auto lit = std::count_if(image.begin(), image.end(), [](std::uint8_t value) { return value > 0; });
    EXPECT_GE(std::count_if(image.begin(), image.end(), [&](std::uint8_t value) { return value >= own; }), 28 * 28);
    EXPECT_LE(lit, 28 * 28 + 6 * 36);
    most = std::max(most, static_cast<int>(lit) - 28 * 28);
    for (const std::uint8_t value : image) EXPECT_EQ(value % 20, 0);
  }
  EXPECT_GT(most, 3 * 36);  // several pieces beside the image
}

/// Seen through its map, the image itself is what the set shows, but for the pieces of others in clutter.
TEST(DistortedImages, know_the_affine_maps_that_they_are_seen_through) {
  const ImageSet base = blocks(9, 8, 10);
  const FetchKey in_training{3, 4};
  for (const Distortion distortion : {Distortion::rotation, Distortion::pose, Distortion::clutter, Distortion::addition})
    for (const FetchKey* key : {static_cast<const FetchKey*>(nullptr), &in_training}) {
      const ImageSet set = make(base, distortion);
      const std::vector<AffineMap> maps = set.lazy->maps_of(7, key);
      ASSERT_EQ(maps.size(), static_cast<std::size_t>(set.channels));
      const Pixels shown = pixels(set, 7, key);
      const std::size_t positions = static_cast<std::size_t>(set.height * set.width);
      std::vector<float> image(784), seen(positions);
      std::copy_n(base.image(7), image.size(), image.begin());
      for (std::size_t c = 0; c < maps.size(); ++c) {
        warp({28, 28, 1, set.height, set.width}, image.data(), maps[c], 0, seen.data());
        const double brightness = *std::max_element(shown.begin() + static_cast<std::ptrdiff_t>(c * positions),
                                                    shown.begin() + static_cast<std::ptrdiff_t>((c + 1) * positions));
        const double own = distortion == Distortion::addition ? 20 * 8 / brightness : 1;  // the other summand is a block, too
        int differ = 0;
        for (std::size_t p = 0; p < positions; ++p) differ += std::abs(own * shown[c * positions + p] - seen[p]) > std::max(1.0, own);
        EXPECT_LE(differ, distortion == Distortion::clutter ? 6 * 36 : 0) << entry_of(distortion).suffix;
      }
    }
  for (const Distortion distortion : {Distortion::projective, Distortion::elastic})
    EXPECT_TRUE(make(base, distortion).lazy->maps_of(0, nullptr).empty());
}

TEST(DistortedImages, sums_are_of_the_two_images_that_are_seen) {
  std::set<std::vector<int>> drawn;
  for (const Split split : {Split::train, Split::test}) {
    const ImageSet set = make(blocks(4, 4, 20, 200), Distortion::addition, split);
    EXPECT_EQ(set.channels, 2);
    std::vector<int> seconds;
    for (std::int64_t i = 0; i < set.count; ++i) {
      const FetchKey key{1, static_cast<std::uint64_t>(i)};
      const Pixels image = pixels(set, i, &key);
      const auto half = image.begin() + 42 * 42;
      const int first = *std::max_element(image.begin(), half) / 20 - 1, second = *std::max_element(half, image.end()) / 20 - 1;
      EXPECT_EQ(first, i % 10);
      EXPECT_EQ(set.labels[static_cast<std::size_t>(i)], first + second);
      seconds.push_back(second);
    }
    for (int label = 0; label < 10; ++label) EXPECT_NEAR(std::count(seconds.begin(), seconds.end(), label), 20, 17) << label;
    drawn.insert(seconds);
  }
  EXPECT_EQ(drawn.size(), 2u) << "each split has draws of its own";
}

TEST(DistortedImages, are_made_of_grey_images_of_28_pixels) {
  ImageSet wide = blocks(0, 0, 4);
  wide.width = 14, wide.channels = 2;
  try {
    make(wide, Distortion::rotation);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("[2, 28, 14]"), std::string::npos);
  }
}

}  // namespace
}  // namespace reprise::datasets
