#pragma once
// Numbers of half precision (IEEE 754 binary16), as what is stored of many.

#include <cstdint>

namespace reprise {

/// Rounds to nearest even. `count` need not be a multiple of 8.
void to_half(const float* values, std::int64_t count, std::uint16_t* halves);
void from_half(const std::uint16_t* halves, std::int64_t count, float* values);

}  // namespace reprise
