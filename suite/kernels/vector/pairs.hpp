#pragma once
// Words of two bfloat16 values, which are multiplied and added up together. Only for sources that are compiled for CPUs that do.

#include "suite/kernels/vector/lanes.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {

/// Sixteen values of each, rounded: `low` before `high`.
LANES __m512i rounded(F16 low, F16 high) {
  return (__m512i)_mm512_cvtne2ps_pbh(high.v, low.v);
}

/// Sixteen words, each a rounded value of `low` in its lower half and one of `high` in its upper half.
LANES F16 words_of(F16 low, F16 high) {
  const __m512i interleave = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19,
                                              3, 18, 2, 17, 1, 16, 0);
  return {_mm512_castsi512_ps(_mm512_permutexvar_epi16(interleave, rounded(low, high)))};
}

/// sum + the products of both values of the words.
LANES F16 add_products(F16 sum, F16 a, F16 b) {
  return {_mm512_dpbf16_ps(sum.v, (__m512bh)_mm512_castps_si512(a.v), (__m512bh)_mm512_castps_si512(b.v))};
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
