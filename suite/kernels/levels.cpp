#include "suite/kernels/levels.hpp"

#include <algorithm>
#include <bit>

#include "suite/kernels/onednn/integer_convolution.hpp"

namespace reprise::kernels {

namespace {

/// 3/2 2^23: a sum with it has no bits below the unit, so that adding it rounds, halves to even, and leaves the whole number in its low
/// bits.
constexpr float kRoundingSum = 12582912.0f;

std::uint8_t level(float x) {
  constexpr auto kMost = static_cast<float>(kLargestLevel);
  const float positive = x > 0 ? x : 0.0f, clipped = positive < kMost ? positive : kMost;
  return static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(clipped + kRoundingSum));
}

template <class T>
void to_levels(const T* from, std::int64_t rows, std::int64_t channels, const float* __restrict scale, const float* __restrict shift,
               std::uint8_t* __restrict levels) {
  for (std::int64_t r = 0; r < rows; ++r, from += channels, levels += channels)
    for (std::int64_t c = 0; c < channels; ++c) levels[c] = level(static_cast<float>(from[c]) * scale[c] + shift[c]);
}

}  // namespace

void levels_of_sums(const std::int32_t* sums, std::int64_t rows, std::int64_t channels, const float* scale, const float* shift,
                    std::uint8_t* levels) {
  to_levels(sums, rows, channels, scale, shift, levels);
}

void levels_of_values(const float* values, std::int64_t rows, std::int64_t channels, const float* scale, const float* shift,
                      std::uint8_t* levels) {
  to_levels(values, rows, channels, scale, shift, levels);
}

void values_of_sums(const std::int32_t* sums, std::int64_t rows, std::int64_t channels, const float* __restrict scale,
                    const float* __restrict shift, const float* added, float* values) {
  for (std::int64_t r = 0; r < rows; ++r, sums += channels, values += channels) {
    if (added == nullptr) {
      for (std::int64_t c = 0; c < channels; ++c) values[c] = static_cast<float>(sums[c]) * scale[c] + shift[c];
      continue;
    }
    for (std::int64_t c = 0; c < channels; ++c) values[c] = (static_cast<float>(sums[c]) * scale[c] + shift[c]) + added[c];
    added += channels;
  }
}

}  // namespace reprise::kernels
