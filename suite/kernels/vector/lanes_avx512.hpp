#pragma once
// Sixteen lanes in one AVX-512 register. The same names as lanes_avx2.hpp; see lanes.hpp.

#include <immintrin.h>

#include <cstdint>

// clang-format off: one line an operation reads best.
namespace reprise::kernels::REPRISE_ISA_NAME {

struct F16 {
  __m512 v;
};
struct I16 {
  __m512i v;
};
struct M16 {
  __mmask16 m;
};
struct D8 {
  __m512d v;
};

#define LANES static inline __attribute__((always_inline))

LANES F16 set(float x) {
  return {_mm512_set1_ps(x)};
}
LANES I16 set_int(std::int32_t x) {
  return {_mm512_set1_epi32(x)};
}
LANES I16 iota() {
  return {_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)};
}

LANES F16 load(const float* p) {
  return {_mm512_loadu_ps(p)};
}
LANES void store(float* p, F16 x) {
  _mm512_storeu_ps(p, x.v);
}
LANES __m256 low_half(F16 x) {
  return _mm512_castps512_ps256(x.v);
}
LANES __m256 high_half(F16 x) {
  return _mm512_extractf32x8_ps(x.v, 1);
}
LANES I16 load_int(const void* p) {
  return {_mm512_loadu_si512(p)};
}
LANES void store_int(void* p, I16 x) {
  _mm512_storeu_si512(p, x.v);
}
LANES I16 load_bytes(const std::uint8_t* p) {
  return {_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
LANES void store_bytes(std::uint8_t* p, I16 x) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(x.v));
}
LANES I16 load_halves(const std::uint16_t* p) {
  return {_mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
}
LANES void store_halves(std::uint16_t* p, I16 x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(x.v));
}

// The first m < 16 lanes; the others load as zero.
LANES __mmask16 first(std::int64_t m) {
  return static_cast<__mmask16>((1u << m) - 1);
}
LANES F16 load_part(const float* p, std::int64_t m) {
  return {_mm512_maskz_loadu_ps(first(m), p)};
}
LANES void store_part(float* p, F16 x, std::int64_t m) {
  _mm512_mask_storeu_ps(p, first(m), x.v);
}
LANES I16 load_halves_part(const std::uint16_t* p, std::int64_t m) {
  return {_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first(m), p))};
}
LANES void store_halves_part(std::uint16_t* p, I16 x, std::int64_t m) {
  _mm256_mask_storeu_epi16(p, first(m), _mm512_cvtepi32_epi16(x.v));
}

LANES F16 operator+(F16 a, F16 b) {
  return {_mm512_add_ps(a.v, b.v)};
}
LANES F16 operator-(F16 a, F16 b) {
  return {_mm512_sub_ps(a.v, b.v)};
}
LANES F16 operator*(F16 a, F16 b) {
  return {_mm512_mul_ps(a.v, b.v)};
}
LANES F16 operator/(F16 a, F16 b) {
  return {_mm512_div_ps(a.v, b.v)};
}
LANES F16 fma(F16 a, F16 b, F16 c) {
  return {_mm512_fmadd_ps(a.v, b.v, c.v)};
}
LANES F16 fnma(F16 a, F16 b, F16 c) {
  return {_mm512_fnmadd_ps(a.v, b.v, c.v)};
}
LANES F16 sqrt(F16 a) {
  return {_mm512_sqrt_ps(a.v)};
}
/// a > b ? a : b; b if either is NaN.
LANES F16 max(F16 a, F16 b) {
  return {_mm512_max_ps(a.v, b.v)};
}
LANES F16 min(F16 a, F16 b) {
  return {_mm512_min_ps(a.v, b.v)};
}
LANES F16 round(F16 a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}

LANES M16 operator>(F16 a, F16 b) {
  return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ)};
}
LANES M16 operator<(F16 a, F16 b) {
  return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)};
}
LANES M16 is_nan(F16 a) {
  return {_mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q)};
}
LANES M16 operator>(I16 a, I16 b) {
  return {_mm512_cmpgt_epi32_mask(a.v, b.v)};
}
LANES M16 operator==(I16 a, I16 b) {
  return {_mm512_cmpeq_epi32_mask(a.v, b.v)};
}
LANES M16 operator&(M16 a, M16 b) {
  return {static_cast<__mmask16>(a.m & b.m)};
}
LANES F16 select(M16 m, F16 yes, F16 no) {
  return {_mm512_mask_blend_ps(m.m, no.v, yes.v)};
}
LANES I16 select(M16 m, I16 yes, I16 no) {
  return {_mm512_mask_blend_epi32(m.m, no.v, yes.v)};
}
LANES F16 keep_where(M16 m, F16 x) {
  return {_mm512_maskz_mov_ps(m.m, x.v)};
}
LANES bool any(M16 m) {
  return m.m != 0;
}

LANES I16 operator+(I16 a, I16 b) {
  return {_mm512_add_epi32(a.v, b.v)};
}
LANES I16 operator-(I16 a, I16 b) {
  return {_mm512_sub_epi32(a.v, b.v)};
}
LANES I16 operator&(I16 a, I16 b) {
  return {_mm512_and_si512(a.v, b.v)};
}
LANES I16 operator|(I16 a, I16 b) {
  return {_mm512_or_si512(a.v, b.v)};
}
LANES I16 operator^(I16 a, I16 b) {
  return {_mm512_xor_si512(a.v, b.v)};
}
template <int n>
LANES I16 shift_left(I16 a) {
  return {_mm512_slli_epi32(a.v, n)};
}
template <int n>
LANES I16 shift_right(I16 a) {
  return {_mm512_srli_epi32(a.v, n)};
}
template <int n>
LANES I16 shift_right_signed(I16 a) {
  return {_mm512_srai_epi32(a.v, n)};
}
LANES F16 to_float(I16 a) {
  return {_mm512_cvtepi32_ps(a.v)};
}
LANES I16 to_int(F16 a) {
  return {_mm512_cvtps_epi32(a.v)};
}
LANES F16 as_float(I16 a) {
  return {_mm512_castsi512_ps(a.v)};
}
LANES I16 as_int(F16 a) {
  return {_mm512_castps_si512(a.v)};
}
LANES F16 operator&(F16 a, I16 b) {
  return as_float(as_int(a) & b);
}

/// Both halves of the 64-bit products a * b of unsigned lanes; b the same in all lanes.
LANES void multiply_wide(I16 a, I16 b, I16& high, I16& low) {
  const __m512i even = _mm512_mul_epu32(a.v, b.v);
  const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(a.v, 32), b.v);
  high.v = _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 32), odd);
  low.v = _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odd, 32));
}

// Doubles: eight lanes; a block of sixteen floats is two of them.
LANES D8 load_double(const double* p) {
  return {_mm512_loadu_pd(p)};
}
LANES void store_double(double* p, D8 x) {
  _mm512_storeu_pd(p, x.v);
}
LANES D8 operator+(D8 a, D8 b) {
  return {_mm512_add_pd(a.v, b.v)};
}
LANES D8 fma(D8 a, D8 b, D8 c) {
  return {_mm512_fmadd_pd(a.v, b.v, c.v)};
}
LANES D8 zero_double() {
  return {_mm512_setzero_pd()};
}
LANES D8 widen_low(F16 a) {
  return {_mm512_cvtps_pd(_mm512_castps512_ps256(a.v))};
}
LANES D8 widen_high(F16 a) {
  return {_mm512_cvtps_pd(_mm512_extractf32x8_ps(a.v, 1))};
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
