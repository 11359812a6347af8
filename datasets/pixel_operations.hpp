#pragma once
// Operations on an image of bytes that learned augmentation is made of, as the Python Imaging Library computes them. Where its result falls
// short of a whole number by a rounding error (auto_contrast), ours is that number.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace reprise::datasets {

/// Planes [channels, height, width] of 1 or 3 channels, changed in place.
struct ByteImage {
  std::uint8_t* pixels = nullptr;
  int channels = 1, height = 0, width = 0;

  std::uint8_t* plane(int channel) const { return pixels + static_cast<std::ptrdiff_t>(channel) * height * width; }
  int positions() const { return height * width; }
};

/// Affine maps; what comes from outside becomes `fill`. Each output pixel is the one that its centre falls into.
///   shear_x: x += slope y; shear_y: y += slope x; translate_x, translate_y: by that many pixels to the left and up; rotate: by that many
///   degrees about the centre, anticlockwise.
void shear_x(const ByteImage& image, double slope, std::uint8_t fill);
void shear_y(const ByteImage& image, double slope, std::uint8_t fill);
void translate_x(const ByteImage& image, double pixels, std::uint8_t fill);
void translate_y(const ByteImage& image, double pixels, std::uint8_t fill);
void rotate(const ByteImage& image, double degrees, std::uint8_t fill);

/// Each channel is stretched from 0 to 255; one of a single value stays.
void auto_contrast(const ByteImage& image);
/// Each channel's histogram is made even.
void equalize(const ByteImage& image);
void invert(const ByteImage& image);
/// Keeps the first `bits` bits.
void posterize(const ByteImage& image, int bits);
/// Inverts values of at least `threshold`.
void solarize(const ByteImage& image, int threshold);

/// By a factor: 0 gives grey (colour), the mean grey (contrast), black (brightness) or a smoothed image (sharpness); 1 the image.
void change_colour(const ByteImage& image, double factor);
void change_contrast(const ByteImage& image, double factor);
void change_brightness(const ByteImage& image, double factor);
void change_sharpness(const ByteImage& image, double factor);

}  // namespace reprise::datasets
