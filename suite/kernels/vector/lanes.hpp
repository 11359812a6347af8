#pragma once
// Blocks of sixteen float32 lanes, and what every vector kernel does with them: loads and stores of both storage types, whole
// or the first m lanes; ordered sums; exp and log.
//
// Included only by the sources of this folder, which are compiled once per instruction set. Such a source must not leave
// functions for the linker to share with others: an inline function of the standard library compiled for AVX-512 could replace
// the portable copy. Everything here is therefore static, always inlined, or in a namespace named after the instruction set.

#ifndef REPRISE_ISA_NAME
#error "compiled only through suite/kernels/CMakeLists.txt, which defines REPRISE_ISA_NAME"
#endif

#ifdef __AVX512F__
#include "suite/kernels/vector/lanes_avx512.hpp"
#else
#include "suite/kernels/vector/lanes_avx2.hpp"
#endif
#include "suite/kernels/vector/vector_kernels.hpp"

// clang-format off: one line an operation reads best.
namespace reprise::kernels::REPRISE_ISA_NAME {

using Index = std::int64_t;

// bfloat16: the upper half; rounded to nearest even, a NaN becomes the quiet NaN 0x7FC0.
LANES F16 load(const bf16* p) {
  return as_float(shift_left<16>(load_halves(p)));
}
LANES I16 round_to_bf16(F16 x) {
  const I16 u = as_int(x);
  const I16 rounded = shift_right<16>(u + (set_int(0x7FFF) + (shift_right<16>(u) & set_int(1))));
  return select(is_nan(x), set_int(0x7FC0), rounded);
}
LANES F16 rounded_to_bf16(F16 x) {
  return as_float(shift_left<16>(round_to_bf16(x)));
}
LANES void store(bf16* p, F16 x) {
  store_halves(p, round_to_bf16(x));
}

/// Stores a value that T can hold exactly: one that was loaded from T, or zero.
LANES void store_exact(float* p, F16 x) {
  store(p, x);
}
LANES void store_exact(bf16* p, F16 x) {
  store_halves(p, shift_right<16>(as_int(x)));
}

// The first m < 16 lanes; the others load as zero.
LANES F16 load_part(const bf16* p, Index m) {
  return as_float(shift_left<16>(load_halves_part(p, m)));
}
LANES void store_part(bf16* p, F16 x, Index m) {
  store_halves_part(p, round_to_bf16(x), m);
}
LANES void store_exact_part(float* p, F16 x, Index m) {
  store_part(p, x, m);
}
LANES void store_exact_part(bf16* p, F16 x, Index m) {
  store_halves_part(p, shift_right<16>(as_int(x)), m);
}
template <class T>
LANES F16 load_some(const T* p, Index m) {
  return m >= 16 ? load(p) : load_part(p, m);
}
template <class T>
LANES void store_some(T* p, F16 x, Index m) {
  if (m >= 16)
    store(p, x);
  else
    store_part(p, x, m);
}

template <class T>
LANES void store_exact_some(T* p, F16 x, Index m) {
  if (m >= 16)
    store_exact(p, x);
  else
    store_exact_part(p, x, m);
}

/// Sum of the lanes, always in the same order: halves, quarters, eighths.
LANES float sum_lanes(F16 x) {
  const __m256 of_8 = _mm256_add_ps(low_half(x), high_half(x));
  const __m128 of_4 = _mm_add_ps(_mm256_castps256_ps128(of_8), _mm256_extractf128_ps(of_8, 1));
  const __m128 of_2 = _mm_add_ps(of_4, _mm_movehl_ps(of_4, of_4));
  return _mm_cvtss_f32(_mm_add_ss(of_2, _mm_movehdup_ps(of_2)));
}
LANES float max_lanes(F16 x) {
  const __m256 of_8 = _mm256_max_ps(low_half(x), high_half(x));
  const __m128 of_4 = _mm_max_ps(_mm256_castps256_ps128(of_8), _mm256_extractf128_ps(of_8, 1));
  const __m128 of_2 = _mm_max_ps(of_4, _mm_movehl_ps(of_4, of_4));
  return _mm_cvtss_f32(_mm_max_ss(of_2, _mm_movehdup_ps(of_2)));
}

/// How map stores: rounded, or exactly as it was loaded.
struct Rounded {
  template <class T>
  static inline __attribute__((always_inline)) void whole(T* p, F16 x) {
    store(p, x);
  }
  template <class T>
  static inline __attribute__((always_inline)) void part(T* p, F16 x, Index m) {
    store_part(p, x, m);
  }
};
struct Exact {
  template <class T>
  static inline __attribute__((always_inline)) void whole(T* p, F16 x) {
    store_exact(p, x);
  }
  template <class T>
  static inline __attribute__((always_inline)) void part(T* p, F16 x, Index m) {
    store_exact_part(p, x, m);
  }
};

/// output[i] = f(input[i]).
template <class Storing = Rounded, class T, class U, class F>
LANES void map(const T* input, U* output, Index n, F f) {
  Index i = 0;
#pragma GCC unroll 2
  for (; i + 16 <= n; i += 16) Storing::whole(output + i, f(load(input + i)));
  if (i < n) Storing::part(output + i, f(load_part(input + i, n - i)), n - i);
}
/// output[i] = f(a[i], b[i]).
template <class Storing = Rounded, class T, class U, class F>
LANES void map(const T* a, const T* b, U* output, Index n, F f) {
  Index i = 0;
#pragma GCC unroll 2
  for (; i + 16 <= n; i += 16) Storing::whole(output + i, f(load(a + i), load(b + i)));
  if (i < n) Storing::part(output + i, f(load_part(a + i, n - i), load_part(b + i, n - i)), n - i);
}

/// exp(x). x = k log 2 + r, |r| <= log 2 / 2; degree-7 polynomial in r; 2^k in two factors, so that results between the largest
/// float and 2^-149 come out, subnormal ones included. NaN stays NaN. Measured error 1.05 ulp for normal results.
struct ExpParts {
  F16 whole;   ///< k
  F16 excess;  ///< exp(r) - 1
};
LANES ExpParts exp_parts(F16 x) {
  // The order of operands lets NaN pass: min and max return the second one then.
  const F16 clipped = max(set(-104.0f), min(set(89.0f), x));
  const F16 k = round(clipped * set(1.44269504f));
  F16 r = fnma(k, set(0.693145752f), clipped);  // log 2 in two parts; the first has few bits, so k * part is exact
  r = fnma(k, set(1.42860677e-6f), r);
  F16 p = set(1.0f / 5040);
  p = fma(p, r, set(1.0f / 720));
  p = fma(p, r, set(1.0f / 120));
  p = fma(p, r, set(1.0f / 24));
  p = fma(p, r, set(1.0f / 6));
  p = fma(p, r, set(0.5f));
  return {k, fma(p, r * r, r)};
}
LANES F16 exp_of(const ExpParts& parts) {
  const I16 whole = to_int(parts.whole);
  const I16 half = shift_right_signed<1>(whole);
  const F16 first = as_float(shift_left<23>(half + set_int(127)));
  const F16 second = as_float(shift_left<23>(whole - half + set_int(127)));
  return (parts.excess + set(1.0f)) * first * second;
}
LANES F16 exp(F16 x) {
  return exp_of(exp_parts(x));
}

/// exp(x) - 1, without cancellation where k is 0; exp is exp_of(parts).
LANES F16 exp_minus_one(const ExpParts& parts, F16 exp) {
  const F16 zero = set(0.0f);
  const F16 far = exp - set(1.0f);
  return select(parts.whole > zero, far, select(parts.whole < zero, far, parts.excess));
}

/// Natural logarithm of positive, normal, finite x. x = 2^k m, sqrt(1/2) <= m < sqrt(2); log m as in Cephes logf (S. Moshier):
/// degree-8 polynomial in m - 1. Measured error 0.83 ulp.
LANES F16 log(F16 x) {
  const I16 u = as_int(x) - set_int(0x3F3504F3);  // bits of sqrt(1/2)
  const F16 k = to_float(shift_right_signed<23>(u));
  const F16 m = as_float((u & set_int(0x007FFFFF)) + set_int(0x3F3504F3)) - set(1.0f);
  const F16 z = m * m;
  F16 p = set(7.0376836292e-2f);
  p = fma(p, m, set(-1.1514610310e-1f));
  p = fma(p, m, set(1.1676998740e-1f));
  p = fma(p, m, set(-1.2420140846e-1f));
  p = fma(p, m, set(1.4249322787e-1f));
  p = fma(p, m, set(-1.6668057665e-1f));
  p = fma(p, m, set(2.0000714765e-1f));
  p = fma(p, m, set(-2.4999993993e-1f));
  p = fma(p, m, set(3.3333331174e-1f));
  F16 low = p * m * z;
  low = fma(k, set(-2.12194440e-4f), low);
  low = fnma(z, set(0.5f), low);
  return fma(k, set(0.693359375f), m + low);
}

/// log(1 + u) for -1/2 <= u <= 0, accurate near 0: the rounding of 1 + u is made good to first order.
LANES F16 log_one_plus(F16 u) {
  const F16 w = set(1.0f) + u;
  return log(w) + (u - (w - set(1.0f))) / w;
}

/// 1 / (1 + exp(-x)) from e = exp(-|x|) <= 1, which cannot overflow.
LANES F16 logistic_of(F16 x) {
  const F16 e = exp(as_float(as_int(x) | set_int(static_cast<std::int32_t>(0x80000000u))));
  const F16 numerator = select(x < set(0.0f), e, set(1.0f));
  return numerator / (set(1.0f) + e);
}

// Each source fills its part of the table.
void fill_elementwise(VectorKernels& table);
void fill_random(VectorKernels& table);
void fill_channels(VectorKernels& table);
void fill_pooling(VectorKernels& table);
void fill_log_avg_exp(VectorKernels& table);
void fill_losses(VectorKernels& table);
void fill_updates(VectorKernels& table);
void fill_packing(VectorKernels& table);
void fill_plasticity(VectorKernels& table);
void fill_panels(VectorKernels& table);
void fill_winograd(VectorKernels& table);
void fill_capsules(VectorKernels& table);
void fill_row_norms(VectorKernels& table);

}  // namespace reprise::kernels::REPRISE_ISA_NAME
