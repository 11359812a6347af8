#pragma once
// JPEG, PNG and tar files for tests, made in memory.

#include <cstdint>
#include <string>
#include <vector>

#include "temporary_folder.hpp"

namespace reprise::datasets {

/// A smooth pattern that `seed` moves: [height, width, channels].
Bytes pattern(int width, int height, int channels, int seed);

struct JpegOptions {
  int channels = 3;  ///< 1 grey, 3 red, green, blue, 4 inks as Adobe stores them
  int quality = 95;
  bool progressive = false;
};
Bytes jpeg_of(const Bytes& pixels, int width, int height, const JpegOptions& options = {});
/// jpeg_of a pattern.
Bytes jpeg(int width, int height, int seed, const JpegOptions& options = {});
Bytes png_of(const Bytes& rgb, int width, int height);

struct TarFile {
  std::string name;
  Bytes bytes;
};
/// ustar, with a GNU long name in front of names above 99 characters.
Bytes tar_of(const std::vector<TarFile>& files);

}  // namespace reprise::datasets
