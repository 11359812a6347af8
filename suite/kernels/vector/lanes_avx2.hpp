#pragma once
// Sixteen lanes in two AVX2 registers. The same names as lanes_avx512.hpp; see lanes.hpp.

#include <immintrin.h>

#include <cstdint>

// clang-format off: one line an operation reads best.
namespace reprise::kernels::REPRISE_ISA_NAME {

struct F16 {
  __m256 lo, hi;
};
struct I16 {
  __m256i lo, hi;
};
struct M16 {
  __m256i lo, hi;
};  // all ones or all zeros in each lane
struct D8 {
  __m256d lo, hi;
};

#define LANES static inline __attribute__((always_inline))

LANES F16 set(float x) {
  return {_mm256_set1_ps(x), _mm256_set1_ps(x)};
}
LANES I16 set_int(std::int32_t x) {
  return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)};
}
LANES I16 iota() {
  return {_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15)};
}

LANES F16 load(const float* p) {
  return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}
LANES void store(float* p, F16 x) {
  _mm256_storeu_ps(p, x.lo), _mm256_storeu_ps(p + 8, x.hi);
}
LANES __m256 low_half(F16 x) {
  return x.lo;
}
LANES __m256 high_half(F16 x) {
  return x.hi;
}
LANES I16 load_int(const void* p) {
  const auto* q = static_cast<const __m256i*>(p);
  return {_mm256_loadu_si256(q), _mm256_loadu_si256(q + 1)};
}
LANES void store_int(void* p, I16 x) {
  auto* q = static_cast<__m256i*>(p);
  _mm256_storeu_si256(q, x.lo), _mm256_storeu_si256(q + 1, x.hi);
}
LANES I16 load_bytes(const std::uint8_t* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return {_mm256_cvtepu8_epi32(bytes), _mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8))};
}
/// Lanes 0..15 as 16-bit numbers; each must fit without a sign.
LANES __m256i narrow(I16 x) {
  return _mm256_permute4x64_epi64(_mm256_packus_epi32(x.lo, x.hi), 0xD8);
}
LANES void store_bytes(std::uint8_t* p, I16 x) {
  const __m256i halves = narrow(x);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1)));
}
LANES I16 load_halves(const std::uint16_t* p) {
  const auto* q = reinterpret_cast<const __m128i*>(p);
  return {_mm256_cvtepu16_epi32(_mm_loadu_si128(q)), _mm256_cvtepu16_epi32(_mm_loadu_si128(q + 1))};
}
LANES void store_halves(std::uint16_t* p, I16 x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), narrow(x));
}

// The first m < 16 lanes; the others load as zero.
LANES I16 first(std::int64_t m) {
  const I16 lane = iota();
  const __m256i count = _mm256_set1_epi32(static_cast<std::int32_t>(m));
  return {_mm256_cmpgt_epi32(count, lane.lo), _mm256_cmpgt_epi32(count, lane.hi)};
}
LANES F16 load_part(const float* p, std::int64_t m) {
  const I16 mask = first(m);
  return {_mm256_maskload_ps(p, mask.lo), _mm256_maskload_ps(p + 8, mask.hi)};
}
LANES void store_part(float* p, F16 x, std::int64_t m) {
  const I16 mask = first(m);
  _mm256_maskstore_ps(p, mask.lo, x.lo), _mm256_maskstore_ps(p + 8, mask.hi, x.hi);
}
LANES I16 load_halves_part(const std::uint16_t* p, std::int64_t m) {
  std::uint16_t copy[16] = {};
  for (std::int64_t i = 0; i < m; ++i) copy[i] = p[i];
  return load_halves(copy);
}
LANES void store_halves_part(std::uint16_t* p, I16 x, std::int64_t m) {
  std::uint16_t copy[16];
  store_halves(copy, x);
  for (std::int64_t i = 0; i < m; ++i) p[i] = copy[i];
}

LANES F16 operator+(F16 a, F16 b) {
  return {_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)};
}
LANES F16 operator-(F16 a, F16 b) {
  return {_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)};
}
LANES F16 operator*(F16 a, F16 b) {
  return {_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)};
}
LANES F16 operator/(F16 a, F16 b) {
  return {_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)};
}
LANES F16 fma(F16 a, F16 b, F16 c) {
  return {_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
}
LANES F16 fnma(F16 a, F16 b, F16 c) {
  return {_mm256_fnmadd_ps(a.lo, b.lo, c.lo), _mm256_fnmadd_ps(a.hi, b.hi, c.hi)};
}
LANES F16 sqrt(F16 a) {
  return {_mm256_sqrt_ps(a.lo), _mm256_sqrt_ps(a.hi)};
}
/// a > b ? a : b; b if either is NaN.
LANES F16 max(F16 a, F16 b) {
  return {_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)};
}
LANES F16 min(F16 a, F16 b) {
  return {_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)};
}
LANES F16 round(F16 a) {
  constexpr int nearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
  return {_mm256_round_ps(a.lo, nearest), _mm256_round_ps(a.hi, nearest)};
}

LANES __m256i bits(__m256 x) {
  return _mm256_castps_si256(x);
}
LANES __m256 floats(__m256i x) {
  return _mm256_castsi256_ps(x);
}
LANES M16 operator>(F16 a, F16 b) {
  return {bits(_mm256_cmp_ps(a.lo, b.lo, _CMP_GT_OQ)), bits(_mm256_cmp_ps(a.hi, b.hi, _CMP_GT_OQ))};
}
LANES M16 operator<(F16 a, F16 b) {
  return {bits(_mm256_cmp_ps(a.lo, b.lo, _CMP_LT_OQ)), bits(_mm256_cmp_ps(a.hi, b.hi, _CMP_LT_OQ))};
}
LANES M16 is_nan(F16 a) {
  return {bits(_mm256_cmp_ps(a.lo, a.lo, _CMP_UNORD_Q)), bits(_mm256_cmp_ps(a.hi, a.hi, _CMP_UNORD_Q))};
}
LANES M16 operator>(I16 a, I16 b) {
  return {_mm256_cmpgt_epi32(a.lo, b.lo), _mm256_cmpgt_epi32(a.hi, b.hi)};
}
LANES M16 operator==(I16 a, I16 b) {
  return {_mm256_cmpeq_epi32(a.lo, b.lo), _mm256_cmpeq_epi32(a.hi, b.hi)};
}
LANES M16 operator&(M16 a, M16 b) {
  return {_mm256_and_si256(a.lo, b.lo), _mm256_and_si256(a.hi, b.hi)};
}
LANES F16 select(M16 m, F16 yes, F16 no) {
  return {_mm256_blendv_ps(no.lo, yes.lo, floats(m.lo)), _mm256_blendv_ps(no.hi, yes.hi, floats(m.hi))};
}
LANES I16 select(M16 m, I16 yes, I16 no) {
  return {_mm256_blendv_epi8(no.lo, yes.lo, m.lo), _mm256_blendv_epi8(no.hi, yes.hi, m.hi)};
}
LANES F16 keep_where(M16 m, F16 x) {
  return {_mm256_and_ps(floats(m.lo), x.lo), _mm256_and_ps(floats(m.hi), x.hi)};
}
LANES bool any(M16 m) {
  return _mm256_movemask_epi8(_mm256_or_si256(m.lo, m.hi)) != 0;
}

LANES I16 operator+(I16 a, I16 b) {
  return {_mm256_add_epi32(a.lo, b.lo), _mm256_add_epi32(a.hi, b.hi)};
}
LANES I16 operator-(I16 a, I16 b) {
  return {_mm256_sub_epi32(a.lo, b.lo), _mm256_sub_epi32(a.hi, b.hi)};
}
LANES I16 operator&(I16 a, I16 b) {
  return {_mm256_and_si256(a.lo, b.lo), _mm256_and_si256(a.hi, b.hi)};
}
LANES I16 operator|(I16 a, I16 b) {
  return {_mm256_or_si256(a.lo, b.lo), _mm256_or_si256(a.hi, b.hi)};
}
LANES I16 operator^(I16 a, I16 b) {
  return {_mm256_xor_si256(a.lo, b.lo), _mm256_xor_si256(a.hi, b.hi)};
}
template <int n>
LANES I16 shift_left(I16 a) {
  return {_mm256_slli_epi32(a.lo, n), _mm256_slli_epi32(a.hi, n)};
}
template <int n>
LANES I16 shift_right(I16 a) {
  return {_mm256_srli_epi32(a.lo, n), _mm256_srli_epi32(a.hi, n)};
}
template <int n>
LANES I16 shift_right_signed(I16 a) {
  return {_mm256_srai_epi32(a.lo, n), _mm256_srai_epi32(a.hi, n)};
}
LANES F16 to_float(I16 a) {
  return {_mm256_cvtepi32_ps(a.lo), _mm256_cvtepi32_ps(a.hi)};
}
LANES I16 to_int(F16 a) {
  return {_mm256_cvtps_epi32(a.lo), _mm256_cvtps_epi32(a.hi)};
}
LANES F16 as_float(I16 a) {
  return {floats(a.lo), floats(a.hi)};
}
LANES I16 as_int(F16 a) {
  return {bits(a.lo), bits(a.hi)};
}
LANES F16 operator&(F16 a, I16 b) {
  return as_float(as_int(a) & b);
}

LANES void multiply_wide_half(__m256i a, __m256i b, __m256i& high, __m256i& low) {
  const __m256i even = _mm256_mul_epu32(a, b);
  const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), b);
  high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
  low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
}
/// Both halves of the 64-bit products a * b of unsigned lanes; b the same in all lanes.
LANES void multiply_wide(I16 a, I16 b, I16& high, I16& low) {
  multiply_wide_half(a.lo, b.lo, high.lo, low.lo);
  multiply_wide_half(a.hi, b.hi, high.hi, low.hi);
}

// Doubles: eight lanes; a block of sixteen floats is two of them.
LANES D8 load_double(const double* p) {
  return {_mm256_loadu_pd(p), _mm256_loadu_pd(p + 4)};
}
LANES void store_double(double* p, D8 x) {
  _mm256_storeu_pd(p, x.lo), _mm256_storeu_pd(p + 4, x.hi);
}
LANES D8 operator+(D8 a, D8 b) {
  return {_mm256_add_pd(a.lo, b.lo), _mm256_add_pd(a.hi, b.hi)};
}
LANES D8 fma(D8 a, D8 b, D8 c) {
  return {_mm256_fmadd_pd(a.lo, b.lo, c.lo), _mm256_fmadd_pd(a.hi, b.hi, c.hi)};
}
LANES D8 zero_double() {
  return {_mm256_setzero_pd(), _mm256_setzero_pd()};
}
LANES D8 widen(__m256 x) {
  return {_mm256_cvtps_pd(_mm256_castps256_ps128(x)), _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1))};
}
LANES D8 widen_low(F16 a) {
  return widen(a.lo);
}
LANES D8 widen_high(F16 a) {
  return widen(a.hi);
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
