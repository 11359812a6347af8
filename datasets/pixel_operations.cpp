#include "datasets/pixel_operations.hpp"

#include <algorithm>
#include <cmath>

namespace reprise::datasets {

namespace {

/// output(x, y) = input(a x + b y + c, d x + e y + f), at pixel centres.
struct Affine {
  double a = 1, b = 0, c = 0, d = 0, e = 1, f = 0;
};

void transform(const ByteImage& image, const Affine& m, std::uint8_t fill) {
  thread_local std::vector<std::uint8_t> before;
  before.assign(image.pixels, image.pixels + image.channels * image.positions());
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) {
      const double from_x = m.a * (x + 0.5) + m.b * (y + 0.5) + m.c, from_y = m.d * (x + 0.5) + m.e * (y + 0.5) + m.f;
      const int left = static_cast<int>(std::floor(from_x)), top = static_cast<int>(std::floor(from_y));
      const bool inside = left >= 0 && left < image.width && top >= 0 && top < image.height;
      for (int c = 0; c < image.channels; ++c)
        image.plane(c)[y * image.width + x] =
            inside ? before[static_cast<std::size_t>(c * image.positions() + top * image.width + left)] : fill;
    }
}

template <class Function>
void map_values(std::uint8_t* values, int count, const Function& function) {
  std::array<std::uint8_t, 256> table{};
  for (int i = 0; i < 256; ++i) table[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(std::clamp<int>(function(i), 0, 255));
  for (int i = 0; i < count; ++i) values[i] = table[values[i]];
}

std::array<int, 256> histogram(const std::uint8_t* values, int count) {
  std::array<int, 256> counts{};
  for (int i = 0; i < count; ++i) ++counts[values[i]];
  return counts;
}

int luma(const ByteImage& image, int position) {
  if (image.channels == 1) return image.pixels[position];
  return (image.plane(0)[position] * 19595 + image.plane(1)[position] * 38470 + image.plane(2)[position] * 7471 + 0x8000) >> 16;
}

/// value = other + factor (value - other), cut off below and above and rounded towards zero, in float32: a product that is rounded, then a
/// sum. Both are exact in double, so that no compiler can make one operation of them.
std::uint8_t blended(int other, int value, double factor) {
  const double product = static_cast<double>(static_cast<float>(factor)) * (value - other);
  const auto mixed = static_cast<float>(other + static_cast<double>(static_cast<float>(product)));
  if (mixed <= 0) return 0;
  return mixed >= 255 ? 255 : static_cast<std::uint8_t>(mixed);
}

}  // namespace

void shear_x(const ByteImage& image, double slope, std::uint8_t fill) {
  transform(image, {.b = slope}, fill);
}
void shear_y(const ByteImage& image, double slope, std::uint8_t fill) {
  transform(image, {.d = slope}, fill);
}
void translate_x(const ByteImage& image, double pixels, std::uint8_t fill) {
  transform(image, {.c = pixels}, fill);
}
void translate_y(const ByteImage& image, double pixels, std::uint8_t fill) {
  transform(image, {.f = pixels}, fill);
}

void rotate(const ByteImage& image, double degrees, std::uint8_t fill) {
  const double angle = -degrees * std::acos(-1.0) / 180, cosine = std::cos(angle), sine = std::sin(angle);
  const double x = image.width / 2.0, y = image.height / 2.0;
  transform(image, {cosine, sine, x - cosine * x - sine * y, -sine, cosine, y + sine * x - cosine * y}, fill);
}

void auto_contrast(const ByteImage& image) {
  for (int c = 0; c < image.channels; ++c) {
    const auto ends = std::minmax_element(image.plane(c), image.plane(c) + image.positions());
    const int low = *ends.first, range = *ends.second - low;
    if (range > 0) map_values(image.plane(c), image.positions(), [&](int i) { return (i - low) * 255 / range; });
  }
}

void equalize(const ByteImage& image) {
  for (int c = 0; c < image.channels; ++c) {
    const std::array<int, 256> counts = histogram(image.plane(c), image.positions());
    const auto last = std::find_if(counts.rbegin(), counts.rend(), [](int count) { return count > 0; });
    const int step = (image.positions() - *last) / 255;
    if (step == 0) continue;
    int below = step / 2;
    std::array<int, 256> table{};
    for (std::size_t i = 0; i < 256; ++i) table[i] = below / step, below += counts[i];
    map_values(image.plane(c), image.positions(), [&](int i) { return table[static_cast<std::size_t>(i)]; });
  }
}

void invert(const ByteImage& image) {
  solarize(image, 0);
}

void posterize(const ByteImage& image, int bits) {
  const int mask = bits <= 0 ? 0 : 256 - (1 << (8 - std::min(bits, 8)));
  map_values(image.pixels, image.channels * image.positions(), [&](int i) { return i & mask; });
}

void solarize(const ByteImage& image, int threshold) {
  map_values(image.pixels, image.channels * image.positions(), [&](int i) { return i < threshold ? i : 255 - i; });
}

void change_colour(const ByteImage& image, double factor) {
  for (int i = 0; i < image.positions(); ++i) {
    const int grey = luma(image, i);
    for (int c = 0; c < image.channels; ++c) image.plane(c)[i] = blended(grey, image.plane(c)[i], factor);
  }
}

void change_contrast(const ByteImage& image, double factor) {
  double sum = 0;
  for (int i = 0; i < image.positions(); ++i) sum += luma(image, i);
  const int mean = static_cast<int>(sum / image.positions() + 0.5);
  map_values(image.pixels, image.channels * image.positions(), [&](int i) { return blended(mean, i, factor); });
}

void change_brightness(const ByteImage& image, double factor) {
  map_values(image.pixels, image.channels * image.positions(), [&](int i) { return blended(0, i, factor); });
}

/// The smoothed image: (5 times the pixel and its eight neighbours) / 13; the border stays.
void change_sharpness(const ByteImage& image, double factor) {
  thread_local std::vector<std::uint8_t> before;
  for (int c = 0; c < image.channels; ++c) {
    std::uint8_t* plane = image.plane(c);
    before.assign(plane, plane + image.positions());
    const auto at = [&](int y, int x) { return static_cast<int>(before[static_cast<std::size_t>(y * image.width + x)]); };
    for (int y = 1; y + 1 < image.height; ++y)
      for (int x = 1; x + 1 < image.width; ++x) {
        int sum = 4 * at(y, x);
        for (int dy = -1; dy <= 1; ++dy)
          for (int dx = -1; dx <= 1; ++dx) sum += at(y + dy, x + dx);
        plane[y * image.width + x] = blended((2 * sum + 13) / 26, at(y, x), factor);
      }
  }
}

}  // namespace reprise::datasets
