#pragma once
// 16 x 16 values, or words of 32 bits, in registers.

#include <utility>

#include "suite/kernels/vector/lanes.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {

typedef float Lanes __attribute__((vector_size(64)));

using AllLanes = std::make_integer_sequence<int, 16>;

/// One of four rounds. Of rows i and i + distance (a, b): the first keeps a's lanes without the distance bit and takes b's into the
/// others; the second gets what is left.
template <int kDistance, int... kLane>
static inline __attribute__((always_inline)) void exchange(Lanes* v, std::integer_sequence<int, kLane...>) {
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    if (i & kDistance) continue;
    const Lanes a = v[i], b = v[i + kDistance];  // lanes 0 to 15 and 16 to 31 of the pair
    v[i] = __builtin_shufflevector(a, b, (kLane & kDistance ? 16 + kLane - kDistance : kLane)...);
    v[i + kDistance] = __builtin_shufflevector(a, b, (kLane & kDistance ? 16 + kLane : kLane + kDistance)...);
  }
}

static inline __attribute__((always_inline)) void transpose(Lanes* v) {
  exchange<1>(v, AllLanes());
  exchange<2>(v, AllLanes());
  exchange<4>(v, AllLanes());
  exchange<8>(v, AllLanes());
}

static inline __attribute__((always_inline)) Lanes load_lanes(const float* p) {
  Lanes v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

static inline __attribute__((always_inline)) void store_lanes(float* p, const Lanes& v) {
  __builtin_memcpy(p, &v, sizeof v);
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
