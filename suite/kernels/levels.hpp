#pragma once
// Between sums of whole numbers, float32 values and the levels that integer products read. One scale and one shift for each channel.
//
//   sums, values, levels [rows, channels]; scale, shift [channels]

#include <cstdint>

namespace reprise::kernels {

/// levels = clip(round(scale x + shift), 0, 127), halves to even.
void levels_of_sums(const std::int32_t* sums, std::int64_t rows, std::int64_t channels, const float* scale, const float* shift,
                    std::uint8_t* levels);
void levels_of_values(const float* values, std::int64_t rows, std::int64_t channels, const float* scale, const float* shift,
                      std::uint8_t* levels);

/// values = scale x + shift, + added if that is not null; `added` may be `values`.
void values_of_sums(const std::int32_t* sums, std::int64_t rows, std::int64_t channels, const float* scale, const float* shift,
                    const float* added, float* values);

}  // namespace reprise::kernels
