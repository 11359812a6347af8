#include "suite/tensor/half.hpp"

#include <immintrin.h>

namespace reprise {

void to_half(const float* values, std::int64_t count, std::uint16_t* halves) {
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(halves + i), _mm256_cvtps_ph(_mm256_loadu_ps(values + i), _MM_FROUND_TO_NEAREST_INT));
  for (; i < count; ++i) halves[i] = _cvtss_sh(values[i], _MM_FROUND_TO_NEAREST_INT);
}

void from_half(const std::uint16_t* halves, std::int64_t count, float* values) {
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm256_storeu_ps(values + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(halves + i))));
  for (; i < count; ++i) values[i] = _cvtsh_ss(halves[i]);
}

}  // namespace reprise
