// Parts of an image, and images at another size.

#include "datasets/test_views.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "datasets/resized_images.hpp"
#include "suite/errors.hpp"

namespace reprise::datasets {
namespace {

using Corners = std::vector<std::pair<int, int>>;

Corners corners_of(const std::vector<AxisMaps>& parts) {
  Corners corners;
  for (const AxisMaps& part : parts) corners.emplace_back(part.rows.front(), part.columns.front());
  return corners;
}

TEST(PartsOfImage, of_a_grid_go_from_corner_to_corner) {
  const PartsOfImage grid{"grid", 3, false};
  EXPECT_EQ(corners_of(grid.of(8, 10, 4, 5)), (Corners{{0, 0}, {0, 3}, {0, 5}, {2, 0}, {2, 3}, {2, 5}, {4, 0}, {4, 3}, {4, 5}}));
  for (const AxisMaps& part : grid.of(8, 10, 4, 5)) EXPECT_EQ(std::pair(part.rows.size(), part.columns.size()), std::pair(4ul, 5ul));
  EXPECT_EQ((PartsOfImage{"grid", 5, true}.count()), 50);
  EXPECT_EQ(corners_of(PartsOfImage{"grid", 2, false}.of(4, 4, 4, 4)), (Corners(4, {0, 0})));
}

TEST(PartsOfImage, of_corners_begin_with_the_centre) {
  EXPECT_EQ(corners_of(PartsOfImage{"corners", 5, false}.of(8, 9, 4, 4)), (Corners{{2, 2}, {0, 0}, {0, 5}, {4, 0}, {4, 5}}));
  EXPECT_EQ(corners_of(PartsOfImage{"centre", 5, false}.of(7, 8, 4, 4)), (Corners{{1, 2}}));
}

TEST(PartsOfImage, are_followed_by_their_mirrors) {
  const auto both = PartsOfImage{"centre", 5, true}.of(6, 6, 4, 4);
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].columns, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_EQ(both[1].columns, (std::vector<int>{4, 3, 2, 1}));
  EXPECT_EQ(both[1].rows, both[0].rows);
  const auto whole = PartsOfImage{"whole", 5, true}.of(2, 3, 8, 8);  // however large a sample is
  EXPECT_EQ(whole[0].columns, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(whole[1].columns, (std::vector<int>{2, 1, 0}));
}

TEST(PartsOfImage, are_counted_as_they_are_made) {
  for (const char* places : {"centre", "corners", "grid", "whole"})
    for (const bool mirrored : {false, true}) {
      const PartsOfImage parts{places, 4, mirrored};
      EXPECT_EQ(parts.of(8, 8, 4, 4).size(), static_cast<std::size_t>(parts.count())) << places;
    }
}

TEST(PartsOfImage, refuse_an_image_that_is_smaller_than_a_sample) {
  EXPECT_THROW((PartsOfImage{"centre", 5, false}.of(3, 8, 4, 4)), InputError);
}

/// Two images of `channels` planes of 2 x 4.
ImageSet small_set(int channels) {
  ImageSet set;
  set.name = "small", set.digest = "d";
  set.count = 2, set.channels = channels, set.height = 2, set.width = 4, set.classes = 2;
  set.labels = {0, 1};
  set.pixels.resize(static_cast<std::size_t>(set.count * set.image_bytes()));
  std::iota(set.pixels.begin(), set.pixels.end(), std::uint8_t{10});
  return set;
}

TEST(ResizedImages, of_the_same_size_are_the_central_square) {
  for (const int channels : {1, 3}) {
    const ImageSet set = small_set(channels);
    const auto same = resized(set, 2);
    EXPECT_EQ(std::tuple(same->height, same->width, same->channels, same->count), std::tuple(2, 2, channels, std::int64_t{2}));
    EXPECT_EQ(same->labels, set.labels);
    std::vector<std::uint8_t> room;
    for (const std::int64_t index : {1, 0, 0, 1}) {  // the last one is remembered, whichever it is
      const std::uint8_t* image = same->image(index, room);
      for (int c = 0; c < channels; ++c)
        for (int y = 0; y < 2; ++y)
          for (int x = 0; x < 2; ++x) EXPECT_EQ(image[(c * 2 + y) * 2 + x], set.image(index)[(c * 2 + y) * 4 + 1 + x]) << index;
    }
  }
}

TEST(ResizedImages, keep_an_even_surface_and_the_order_of_channels) {
  ImageSet set = small_set(3);
  for (std::size_t i = 0; i < set.pixels.size(); ++i) set.pixels[i] = static_cast<std::uint8_t>(50 * (1 + i / 8 % 3));
  const auto larger = resized(set, 5);
  std::vector<std::uint8_t> room;
  const std::uint8_t* image = larger->image(1, room);
  for (int c = 0; c < 3; ++c)
    for (int i = 0; i < 25; ++i) EXPECT_EQ(image[c * 25 + i], 50 * (1 + c));
}

TEST(ResizedImages, refuse_sizes_and_channels_that_there_are_not) {
  const ImageSet set = small_set(3), two = small_set(2);
  EXPECT_THROW(resized(set, 0), InputError);
  EXPECT_THROW(resized(two, 4), InputError);
}

}  // namespace
}  // namespace reprise::datasets
