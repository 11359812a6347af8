#include "datasets/photograph.hpp"

#include <fmt/format.h>

#include <csetjmp>
#include <cstddef>
#include <cstdio>  // jpeglib.h needs FILE

#include <jerror.h>
#include <jpeglib.h>
#include <png.h>

#include <algorithm>
#include <cstring>

#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

/// Few bytes must not ask for much memory or time: a JPEG's 64 pixels a channel take a bit at least.
constexpr std::int64_t kMaxPixelsOfByte = 1024, kMaxPngPixels = 1 << 26;
constexpr int kMaxScans = 200;

struct Failure {
  std::int64_t offset = 0;
  std::string expected, found;
};

/// libjpeg reports errors by a call that must not return. Between set_jump and a jump nothing with a destructor is made.
struct Decoder {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void give_up(j_common_ptr info) {
  auto* decoder = static_cast<Decoder*>(info->client_data);
  info->err->format_message(info, decoder->message);
  std::longjmp(decoder->jump, 1);
}

/// Warnings say that libjpeg invents what is missing; those that lose no pixels pass.
void judge(j_common_ptr info, int level) {
  if (level >= 0) return;
  const int code = info->err->msg_code;
  if (code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM && code != JWRN_JFIF_MAJOR) give_up(info);
}

void count_scans(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaxScans) return;
  auto* decoder = static_cast<Decoder*>(info->client_data);
  std::snprintf(decoder->message, sizeof decoder->message, "more than %d scans", kMaxScans);
  std::longjmp(decoder->jump, 1);
}

class JpegReader {
 public:
  explicit JpegReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  ~JpegReader() {
    if (is_open_) jpeg_destroy_decompress(&decoder_.info);
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  /// False: see message and offset.
  bool read_header() {
    decoder_.info.err = jpeg_std_error(&decoder_.errors);
    decoder_.errors.error_exit = give_up;
    decoder_.errors.emit_message = judge;
    decoder_.progress.progress_monitor = count_scans;
    if (setjmp(decoder_.jump) != 0) return false;
    decoder_.info.client_data = &decoder_;
    jpeg_create_decompress(&decoder_.info);
    is_open_ = true;
    decoder_.info.client_data = &decoder_;
    decoder_.info.progress = &decoder_.progress;
    jpeg_mem_src(&decoder_.info, bytes_.data(), static_cast<unsigned long>(bytes_.size()));
    jpeg_read_header(&decoder_.info, TRUE);
    return true;
  }

  /// Chooses what it is decoded to; the size is then known.
  bool prepare(int min_side) {
    jpeg_decompress_struct& info = decoder_.info;
    if (setjmp(decoder_.jump) != 0) return false;
    const bool has_black = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
    info.out_color_space = has_black ? JCS_CMYK : JCS_RGB;
    info.dct_method = JDCT_ISLOW;
    info.scale_num = 1;
    info.scale_denom = 1;
    const auto shorter = static_cast<std::int64_t>(std::min(info.image_width, info.image_height));
    while (min_side > 0 && info.scale_denom < 8 && shorter >= std::int64_t{2} * info.scale_denom * min_side) info.scale_denom *= 2;
    jpeg_calc_output_dimensions(&info);
    return true;
  }

  /// rows: room for width() * channels() * height() bytes.
  bool read_rows(std::uint8_t* rows) {
    jpeg_decompress_struct& info = decoder_.info;
    if (setjmp(decoder_.jump) != 0) return false;
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = rows + static_cast<std::size_t>(info.output_scanline) * info.output_width * static_cast<unsigned>(channels());
      jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
    return true;
  }

  std::int64_t pixels_in_file() const { return std::int64_t{decoder_.info.image_width} * decoder_.info.image_height; }
  int width() const { return static_cast<int>(decoder_.info.output_width); }
  int height() const { return static_cast<int>(decoder_.info.output_height); }
  int channels() const { return decoder_.info.out_color_space == JCS_CMYK ? 4 : 3; }
  bool is_inverted() const { return decoder_.info.saw_Adobe_marker != 0; }
  /// Where reading has got to. Past the end libjpeg reads from a buffer of its own.
  Failure failure() const {
    const std::uint8_t* next = is_open_ && decoder_.info.src != nullptr ? decoder_.info.src->next_input_byte : bytes_.data();
    const bool is_inside = next >= bytes_.data() && next <= bytes_.data() + bytes_.size();
    return {is_inside ? next - bytes_.data() : static_cast<std::int64_t>(bytes_.size()), "an intact JPEG", decoder_.message};
  }

 private:
  std::span<const std::uint8_t> bytes_;
  Decoder decoder_{};
  bool is_open_ = false;
};

/// Adobe stores 255 - ink.
void mix_black(const std::vector<std::uint8_t>& inks, bool is_inverted, std::vector<std::uint8_t>& pixels) {
  const auto light = [&](std::uint8_t ink) { return is_inverted ? ink : 255 - ink; };
  for (std::size_t i = 0, j = 0; i < inks.size(); i += 4)
    for (std::size_t c = 0; c < 3; ++c) pixels[j++] = static_cast<std::uint8_t>((light(inks[i + c]) * light(inks[i + 3]) + 127) / 255);
}

/// Nothing if it failed.
bool decode_jpeg(std::span<const std::uint8_t> bytes, int min_side, Photograph& photograph, Failure& failure) {
  JpegReader reader(bytes);
  const auto fails = [&] {
    failure = reader.failure();
    return false;
  };
  if (!reader.read_header()) return fails();
  if (reader.pixels_in_file() > kMaxPixelsOfByte * static_cast<std::int64_t>(bytes.size())) {
    failure = {0, fmt::format("at most {} pixels a byte", kMaxPixelsOfByte),
               fmt::format("{} pixels in {} bytes", reader.pixels_in_file(), bytes.size())};
    return false;
  }
  if (!reader.prepare(min_side)) return fails();
  photograph.width = reader.width(), photograph.height = reader.height();
  const auto count = static_cast<std::size_t>(photograph.width) * static_cast<std::size_t>(photograph.height);
  photograph.pixels.resize(3 * count);
  if (reader.channels() == 3) return reader.read_rows(photograph.pixels.data()) || fails();
  std::vector<std::uint8_t> inks(4 * count);
  if (!reader.read_rows(inks.data())) return fails();
  mix_black(inks, reader.is_inverted(), photograph.pixels);
  return true;
}

bool decode_png(std::span<const std::uint8_t> bytes, Photograph& photograph, Failure& failure) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  const auto fails = [&] {
    failure = {0, "an intact PNG", image.message};
    png_image_free(&image);
    return false;
  };
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) return fails();
  if (std::int64_t{image.width} * image.height > kMaxPngPixels) {
    failure = {0, fmt::format("at most {} pixels", kMaxPngPixels), fmt::format("{} x {}", image.width, image.height)};
    png_image_free(&image);
    return false;
  }
  image.format = PNG_FORMAT_RGB;
  photograph.width = static_cast<int>(image.width), photograph.height = static_cast<int>(image.height);
  photograph.pixels.resize(PNG_IMAGE_SIZE(image));
  const png_color black{0, 0, 0};  // behind what is transparent
  return png_image_finish_read(&image, &black, photograph.pixels.data(), 0, nullptr) != 0 || fails();
}

bool starts_with(std::span<const std::uint8_t> bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

}  // namespace

Photograph decode_photograph(std::span<const std::uint8_t> bytes, const std::string& name, const std::string& fix, int min_side) {
  Photograph photograph;
  Failure failure{0, "a JPEG or a PNG", bytes.empty() ? "an empty file" : "other first bytes"};
  bool is_whole = false;
  if (starts_with(bytes, "\xFF\xD8"))
    is_whole = decode_jpeg(bytes, min_side, photograph, failure);
  else if (starts_with(bytes, "\x89PNG"))
    is_whole = decode_png(bytes, photograph, failure);
  if (!is_whole) throw InputError(Complaint{fmt::format("{} at byte {}", name, failure.offset), failure.expected, failure.found, fix});
  return photograph;
}

}  // namespace reprise::datasets
