#include "datasets/photograph.hpp"

#include <algorithm>
#include <cstdlib>

#include "made_photographs.hpp"

namespace reprise::datasets {
namespace {

Photograph decode(const Bytes& bytes, int min_side = 0) {
  return decode_photograph(bytes, "some.JPEG", "Restore it.", min_side);
}

int largest_difference(const Bytes& a, const Bytes& b) {
  int largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

TEST(Photograph, decodes_what_was_encoded) {
  for (const bool progressive : {false, true}) {
    const Photograph photograph = decode(jpeg(37, 21, 1, {.quality = 100, .progressive = progressive}));
    EXPECT_EQ(photograph.width, 37);
    EXPECT_EQ(photograph.height, 21);
    // At quality 100 coefficients are rounded to whole numbers: an error of 1/2 in each of 64, and again in each conversion of colours.
    EXPECT_LE(largest_difference(photograph.pixels, pattern(37, 21, 3, 1)), 4);
  }
}

TEST(Photograph, grey_has_three_equal_channels) {
  const Photograph photograph = decode(jpeg(16, 16, 2, {.channels = 1, .quality = 100}));
  const Bytes grey = pattern(16, 16, 1, 2);
  for (std::size_t i = 0; i < grey.size(); ++i)
    for (std::size_t c = 0; c < 3; ++c) ASSERT_NEAR(photograph.pixels[3 * i + c], grey[i], 2);
}

TEST(Photograph, inks_darken_each_other) {
  // Adobe stores light, not ink: 255 is paper. Cyan 200 of 255 light under black 100 of 255 light.
  Bytes inks;
  for (int i = 0; i < 64; ++i) inks.insert(inks.end(), {200, 255, 50, 100});
  const Photograph photograph = decode(jpeg_of(inks, 8, 8, {.channels = 4, .quality = 100}));
  EXPECT_NEAR(photograph.pixels[0], 200 * 100 / 255, 2);
  EXPECT_NEAR(photograph.pixels[1], 100, 2);
  EXPECT_NEAR(photograph.pixels[2], 50 * 100 / 255, 2);
}

TEST(Photograph, a_png_is_one_whatever_it_is_called) {
  const Bytes rgb = pattern(5, 4, 3, 3);
  const Photograph photograph = decode(png_of(rgb, 5, 4));
  EXPECT_EQ(photograph.width, 5);
  EXPECT_EQ(photograph.pixels, rgb);
}

TEST(Photograph, large_ones_are_decoded_at_a_power_of_two) {
  const Bytes bytes = jpeg(400, 240, 1);
  EXPECT_EQ(decode(bytes, 121).height, 240);
  EXPECT_EQ(decode(bytes, 120).height, 120);
  EXPECT_EQ(decode(bytes, 60).width, 100);
  EXPECT_EQ(decode(bytes, 1).width, 50);
}

TEST(Photograph, names_what_is_wrong_and_where) {
  const Bytes whole = jpeg(64, 64, 1);
  const auto cut = [&] { decode(Bytes(whole.begin(), whole.end() - 40)); };
  expect_error(cut, {"some.JPEG at byte ", "an intact JPEG", "Premature end", "Restore it."});
  // libjpeg steps back to the begin of the block of pixels that it could not finish.
  EXPECT_NEAR(static_cast<double>(number_in_error(cut, "at byte ")), static_cast<double>(whole.size() - 40), 64);
  expect_error([] { decode({}); }, {"some.JPEG at byte 0", "a JPEG or a PNG", "an empty file"});
  expect_error([] { decode({'G', 'I', 'F', '8'}); }, {"a JPEG or a PNG", "other first bytes"});
  const Bytes png = png_of(pattern(9, 9, 3, 1), 9, 9);
  expect_error([&] { decode(Bytes(png.begin(), png.begin() + 60)); }, {"an intact PNG"});
}

TEST(Photograph, every_truncation_is_an_error) {
  for (const bool progressive : {false, true}) {
    const Bytes whole = jpeg(24, 24, 1, {.quality = 60, .progressive = progressive});
    // Without its last two bytes, the marker of its end, it still has all pixels.
    for (std::size_t length = 0; length + 2 < whole.size(); ++length)
      EXPECT_THROW(decode(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length))), InputError) << length;
  }
}

TEST(Photograph, a_few_bytes_do_not_ask_for_gigabytes) {
  Bytes bytes = jpeg(16, 16, 1);
  const std::uint8_t start_of_frame[] = {0xFF, 0xC0};
  const auto frame = std::search(bytes.begin(), bytes.end(), std::begin(start_of_frame), std::end(start_of_frame));
  ASSERT_NE(frame, bytes.end());
  std::fill(frame + 5, frame + 9, std::uint8_t{0xF0});  // 61,680 x 61,680
  expect_error([&] { decode(bytes); }, {"at most 1024 pixels a byte", "3804422400 pixels"});
}

/// Colour profiles and stray bytes between markers are common in photographs from the web.
TEST(Photograph, bytes_that_belong_to_nothing_are_no_damage) {
  Bytes bytes = jpeg(16, 16, 1);
  const Photograph before = decode(bytes);
  const std::uint8_t stray[] = {0, 0, 0};
  bytes.insert(bytes.begin() + 2, std::begin(stray), std::end(stray));
  EXPECT_EQ(decode(bytes).pixels, before.pixels);
}

}  // namespace
}  // namespace reprise::datasets
