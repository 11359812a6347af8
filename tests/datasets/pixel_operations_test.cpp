// Operations on bytes against values of the Python Imaging Library (Pillow), and by hand.

#include "datasets/pixel_operations.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace reprise::datasets {
namespace {

constexpr int kHeight = 4, kWidth = 5, kPositions = kHeight * kWidth;
using Bytes = std::vector<std::uint8_t>;

Bytes pattern(int channels) {
  Bytes bytes;
  for (int c = 0; c < channels; ++c)
    for (int i = 0; i < kPositions; ++i) bytes.push_back(static_cast<std::uint8_t>((i * 37 + c * 91 + 11) % 256));
  return bytes;
}

using Change = std::function<void(const ByteImage&)>;
Bytes changed(const Change& change, int channels = 1) {
  Bytes bytes = pattern(channels);
  change({bytes.data(), channels, kHeight, kWidth});
  return bytes;
}

TEST(PixelOperations, maps_take_the_pixel_under_the_centre) {
  EXPECT_EQ(changed([](const ByteImage& i) { shear_x(i, 0.3, 9); }),
            (Bytes{11, 48, 85, 122, 159, 196, 233, 14, 51, 88, 162, 199, 236, 17, 9, 91, 128, 165, 202, 9}));
  EXPECT_EQ(changed([](const ByteImage& i) { shear_y(i, -0.3, 9); }),
            (Bytes{11, 48, 9, 9, 9, 196, 233, 85, 122, 159, 125, 162, 14, 51, 88, 54, 91, 199, 236, 17}));
  EXPECT_EQ(changed([](const ByteImage& i) { translate_x(i, 2, 9); }),
            (Bytes{85, 122, 159, 9, 9, 14, 51, 88, 9, 9, 199, 236, 17, 9, 9, 128, 165, 202, 9, 9}));
  EXPECT_EQ(changed([](const ByteImage& i) { translate_y(i, -1, 9); }),
            (Bytes{9, 9, 9, 9, 9, 11, 48, 85, 122, 159, 196, 233, 14, 51, 88, 125, 162, 199, 236, 17}));
  EXPECT_EQ(changed([](const ByteImage& i) { rotate(i, 30, 9); }),
            (Bytes{9, 85, 122, 88, 88, 48, 233, 14, 236, 17, 196, 233, 199, 236, 165, 125, 125, 91, 128, 9}));
}

TEST(PixelOperations, maps_by_nothing_are_exact) {
  for (const Change& change :
       {Change([](const ByteImage& i) { shear_x(i, 0, 9); }), Change([](const ByteImage& i) { shear_y(i, 0, 9); }),
        Change([](const ByteImage& i) { translate_x(i, 0, 9); }), Change([](const ByteImage& i) { rotate(i, 0, 9); })})
    EXPECT_EQ(changed(change, 3), pattern(3));
}

TEST(PixelOperations, tables_of_values) {
  EXPECT_EQ(changed(auto_contrast), (Bytes{0, 41, 83, 125, 167, 209, 251, 3, 45, 87, 129, 171, 213, 255, 6, 48, 90, 132, 174, 216}));
  EXPECT_EQ(changed(invert), (Bytes{244, 207, 170, 133, 96, 59, 22, 241, 204, 167, 130, 93, 56, 19, 238, 201, 164, 127, 90, 53}));
  EXPECT_EQ(changed([](const ByteImage& i) { posterize(i, 3); }),
            (Bytes{0, 32, 64, 96, 128, 192, 224, 0, 32, 64, 96, 160, 192, 224, 0, 32, 64, 128, 160, 192}));
  EXPECT_EQ(changed([](const ByteImage& i) { posterize(i, 0); }), Bytes(kPositions, 0));
  EXPECT_EQ(changed([](const ByteImage& i) { posterize(i, 8); }), pattern(1));
  EXPECT_EQ(changed([](const ByteImage& i) { solarize(i, 100); }),
            (Bytes{11, 48, 85, 133, 96, 59, 22, 14, 51, 88, 130, 93, 56, 19, 17, 54, 91, 127, 90, 53}));
  EXPECT_EQ(changed([](const ByteImage& i) { solarize(i, 256); }), pattern(1));
}

TEST(PixelOperations, channels_are_stretched_one_by_one) {
  const Bytes all = changed(auto_contrast, 3);
  EXPECT_EQ(Bytes(all.begin() + 40, all.end()),
            (Bytes{206, 248, 0, 41, 83, 125, 167, 209, 251, 3, 45, 87, 129, 171, 213, 255, 6, 48, 90, 132}));
  Bytes constant(20, 77);
  auto_contrast({constant.data(), 1, kHeight, kWidth});
  EXPECT_EQ(constant, Bytes(20, 77));
}

TEST(PixelOperations, equalize_by_hand) {
  // Four values, 255 pixels each: a step is (1020 - 255) / 255 = 3, and 1, 256, 511, 766 pixels, a half step ahead, stand below them.
  Bytes bytes;
  for (const std::uint8_t value : {0, 10, 20, 30}) bytes.insert(bytes.end(), 255, value);
  equalize({bytes.data(), 1, 30, 34});
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_EQ(bytes[255 * k], 85 * k);
    EXPECT_EQ(bytes[255 * k + 254], 85 * k);
  }
  EXPECT_EQ(changed(equalize), pattern(1));  // too few pixels for a step
}

TEST(PixelOperations, factors_blend_with_grey_mean_black_and_smooth) {
  EXPECT_EQ(changed([](const ByteImage& i) { change_colour(i, 1.7); }), pattern(1));  // grey has no colour
  EXPECT_EQ(changed([](const ByteImage& i) { change_colour(i, 1.7); }, 3),
            (Bytes{0,   0,   53,  90,  127, 255, 255, 0,   0,   56,  93,  130, 255, 255, 0,   2,   59,  96,  238, 255,
                   113, 150, 208, 245, 255, 0,   26,  116, 153, 211, 248, 255, 0,   29,  119, 156, 214, 251, 0,   0,
                   255, 255, 0,   0,   1,   143, 180, 255, 255, 0,   0,   4,   146, 183, 255, 255, 0,   0,   112, 149}));
  EXPECT_EQ(changed([](const ByteImage& i) { change_contrast(i, 0.4); }),
            (Bytes{75, 90, 105, 120, 135, 149, 164, 77, 91, 106, 121, 136, 151, 165, 78, 93, 107, 122, 137, 152}));
  EXPECT_EQ(changed([](const ByteImage& i) { change_contrast(i, 1.9); }),
            (Bytes{0, 0, 54, 124, 195, 255, 255, 0, 0, 60, 130, 200, 255, 255, 0, 0, 65, 136, 206, 255}));
  EXPECT_EQ(changed([](const ByteImage& i) { change_brightness(i, 1.3); }),
            (Bytes{14, 62, 110, 158, 206, 254, 255, 18, 66, 114, 162, 210, 255, 255, 22, 70, 118, 166, 214, 255}));
  EXPECT_EQ(changed([](const ByteImage& i) { change_sharpness(i, 1.9); }),
            (Bytes{11, 48, 85, 122, 159, 196, 255, 0, 15, 88, 125, 180, 234, 255, 17, 54, 91, 128, 165, 202}));
  EXPECT_EQ(changed([](const ByteImage& i) { change_sharpness(i, 0.1); }),
            (Bytes{11, 48, 85, 122, 159, 196, 161, 85, 86, 88, 125, 144, 163, 164, 17, 54, 91, 128, 165, 202}));
}

TEST(PixelOperations, a_factor_of_one_changes_nothing) {
  for (const auto change : {change_colour, change_contrast, change_brightness, change_sharpness})
    EXPECT_EQ(changed([&](const ByteImage& i) { change(i, 1); }, 3), pattern(3));
}

}  // namespace
}  // namespace reprise::datasets
