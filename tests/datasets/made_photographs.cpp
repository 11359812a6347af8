#include "made_photographs.hpp"

#include <cstdio>  // jpeglib.h needs FILE

#include <jpeglib.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace reprise::datasets {

Bytes pattern(int width, int height, int channels, int seed) {
  Bytes pixels;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c)
        pixels.push_back(
            static_cast<std::uint8_t>(127.5 + 110 * std::sin(0.11 * (c + 1) * x + 0.3 * seed) * std::cos(0.07 * y + c + 0.9 * seed)));
  return pixels;
}

Bytes jpeg_of(const Bytes& pixels, int width, int height, const JpegOptions& options) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &memory, &size);
  info.image_width = static_cast<JDIMENSION>(width), info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = options.channels;
  info.in_color_space = options.channels == 1 ? JCS_GRAYSCALE : options.channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, options.quality, TRUE);
  for (int c = 0; c < info.num_components; ++c) info.comp_info[c].h_samp_factor = info.comp_info[c].v_samp_factor = 1;
  if (options.progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    auto* row = const_cast<JSAMPLE*>(pixels.data()) +
                static_cast<std::size_t>(info.next_scanline) * static_cast<std::size_t>(width * options.channels);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  Bytes bytes(memory, memory + size);
  jpeg_destroy_compress(&info);
  std::free(memory);
  return bytes;
}

Bytes jpeg(int width, int height, int seed, const JpegOptions& options) {
  return jpeg_of(pattern(width, height, options.channels, seed), width, height, options);
}

Bytes png_of(const Bytes& rgb, int width, int height) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width), image.height = static_cast<png_uint_32>(height);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&image, nullptr, &size, 0, rgb.data(), 0, nullptr);
  Bytes bytes(size);
  png_image_write_to_memory(&image, bytes.data(), &size, 0, rgb.data(), 0, nullptr);
  bytes.resize(size);
  return bytes;
}

namespace {

void add_member(Bytes& tar, const std::string& name, char kind, const Bytes& bytes) {
  char header[512] = {};
  std::memcpy(header, name.data(), std::min<std::size_t>(100, name.size()));
  std::snprintf(header + 100, 8, "%07o", 0644);
  std::snprintf(header + 124, 12, "%011llo", static_cast<unsigned long long>(bytes.size()));
  header[156] = kind;
  std::memcpy(header + 257, "ustar", 6);
  std::memset(header + 148, ' ', 8);
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  std::snprintf(header + 148, 8, "%06o", sum);
  tar.insert(tar.end(), header, header + 512);
  tar.insert(tar.end(), bytes.begin(), bytes.end());
  tar.resize((tar.size() + 511) / 512 * 512, 0);
}

}  // namespace

Bytes tar_of(const std::vector<TarFile>& files) {
  Bytes tar;
  for (const TarFile& file : files) {
    if (file.name.size() > 99) add_member(tar, "././@LongLink", 'L', Bytes(file.name.begin(), file.name.end()));
    add_member(tar, file.name, file.name.ends_with('/') ? '5' : '0', file.bytes);
  }
  tar.resize(tar.size() + 1024, 0);
  return tar;
}

}  // namespace reprise::datasets
