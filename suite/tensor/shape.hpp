#pragma once
// Shapes. Activations are channels-last: a batch of samples is [N, H, W, C], contiguous, C fastest.
// Features without space ([N, D]) are the case H = W = 1, C = D; flatten is therefore a change of name, not a copy.

#include <cstddef>
#include <cstdint>
#include <string>

namespace reprise {

/// How activations and packed weights are stored. Accumulation, master weights and statistics are always float32 or double.
enum class Precision { f32, bf16 };

constexpr std::size_t bytes_of(Precision precision) {
  return precision == Precision::f32 ? 4 : 2;
}
const char* name_of(Precision precision);

/// Shape of one sample.
struct SampleShape {
  std::int64_t height = 1;
  std::int64_t width = 1;
  std::int64_t channels = 0;

  std::int64_t positions() const { return height * width; }
  std::int64_t size() const { return height * width * channels; }
  bool operator==(const SampleShape&) const = default;
  /// "[H, W, C]", or "[D]" when there is no space.
  std::string text() const;
};

}  // namespace reprise
