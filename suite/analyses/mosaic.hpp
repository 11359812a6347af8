#pragma once
// Small pictures of one size side by side.

#include <cstdint>
#include <string>
#include <vector>

#include "suite/records/run_record.hpp"
#include "suite/tensor/shape.hpp"

namespace reprise::analyses {

inline constexpr std::uint8_t kGrey = 128;

/// Tiles in rows of `columns`, each pixel `zoom` pixels wide, on grey.
class Mosaic {
 public:
  Mosaic(std::int64_t rows, std::int64_t columns, const SampleShape& tile, std::int64_t zoom)
      : columns_(columns), tile_(tile), zoom_(zoom), height_(rows * pitch(tile.height)), width_(columns * pitch(tile.width)) {
    pixels_.assign(static_cast<std::size_t>(height_ * width_ * tile.channels), kGrey);
  }

  /// value(y, x, c) for every pixel of tile `index`.
  template <typename Value>
  void paint(std::int64_t index, Value value) {
    const std::int64_t top = index / columns_ * pitch(tile_.height), left = index % columns_ * pitch(tile_.width);
    for (std::int64_t y = 0; y < tile_.height * zoom_; ++y)
      for (std::int64_t x = 0; x < tile_.width * zoom_; ++x)
        for (std::int64_t c = 0; c < tile_.channels; ++c)
          pixels_[static_cast<std::size_t>(((top + y) * width_ + left + x) * tile_.channels + c)] = value(y / zoom_, x / zoom_, c);
  }

  records::Images picture(const std::string& title, const std::string& caption) const {
    return {.title = title,
            .captions = {caption},
            .count = 1,
            .height = height_,
            .width = width_,
            .channels = tile_.channels,
            .pixels = pixels_};
  }

 private:
  static constexpr std::int64_t kGap = 1;
  std::int64_t pitch(std::int64_t extent) const { return extent * zoom_ + kGap; }

  std::int64_t columns_;
  SampleShape tile_;
  std::int64_t zoom_, height_, width_;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace reprise::analyses
