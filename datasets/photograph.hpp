#pragma once
// One photograph: JPEG or PNG bytes to pixels. The only place that includes jpeglib.h.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace reprise::datasets {

struct Photograph {
  int width = 0, height = 0;
  std::vector<std::uint8_t> pixels;  ///< [height, width, 3] red, green, blue
};

/// Decodes a JPEG or a PNG, which its first bytes tell apart whatever the file is called. Grey becomes red = green = blue. CMYK and YCCK
/// become (1 - C) (1 - K), (1 - M) (1 - K), (1 - Y) (1 - K), inverted first where Adobe's marker says so. Transparency, colour profiles and
/// Exif orientation are ignored. With `min_side` > 0 a JPEG whose shorter side is at least 2, 4 or 8 times as long is decoded at 1/2, 1/4
/// or 1/8 of its size. The result is the same on every machine.
/// Throws InputError: `name` with the byte where decoding stopped (libjpeg: at most a block of pixels before it), what was expected there,
/// what was found, `fix`. Damage that the libraries would patch (a missing end, a wrong code) is an error; bytes between markers that
/// belong to nothing are not.
Photograph decode_photograph(std::span<const std::uint8_t> bytes, const std::string& name, const std::string& fix, int min_side = 0);

}  // namespace reprise::datasets
