#include "reports/pictures/png.hpp"

#include <png.h>

#include <stdexcept>

#include "suite/errors.hpp"

namespace reprise::reports {

std::vector<std::uint8_t> png_encoded(const std::uint8_t* pixels, int height, int width, int channels) {
  if (height < 1 || width < 1 || (channels != 1 && channels != 3)) throw std::invalid_argument("png_encoded: shape");
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::uint8_t> bytes(size);
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels, width * channels, nullptr)) {
    throw RunError(std::string("report: a picture could not be written as PNG: ") + image.message);
  }
  bytes.resize(size);
  return bytes;
}

std::string base64(const std::vector<std::uint8_t>& bytes) {
  static const char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const std::uint32_t group =
        std::uint32_t{bytes[i]} << 16 | (left > 1 ? std::uint32_t{bytes[i + 1]} << 8 : 0u) | (left > 2 ? bytes[i + 2] : 0u);
    out += kDigits[group >> 18 & 63];
    out += kDigits[group >> 12 & 63];
    out += left > 1 ? kDigits[group >> 6 & 63] : '=';
    out += left > 2 ? kDigits[group & 63] : '=';
  }
  return out;
}

std::string png_data_address(const std::uint8_t* pixels, int height, int width, int channels) {
  return "data:image/png;base64," + base64(png_encoded(pixels, height, width, channels));
}

}  // namespace reprise::reports
