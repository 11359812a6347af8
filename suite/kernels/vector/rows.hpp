#pragma once
// Sums and maxima over the values of a row.

#include "suite/kernels/vector/lanes.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {

LANES M16 first_lanes(Index m) {
  return set_int(static_cast<std::int32_t>(m < 16 ? m : 16)) > iota();
}

/// Sum over n values of f(block of up to 16, offset, lanes), in four chains, always in the same order.
template <class F>
LANES float chained_sum(Index n, F f) {
  F16 sum[4] = {set(0.0f), set(0.0f), set(0.0f), set(0.0f)};
  Index i = 0;
  for (; i + 64 <= n; i += 64)
    for (int k = 0; k < 4; ++k) sum[k] = sum[k] + f(i + 16 * k, Index{16});
  for (; i < n; i += 16) sum[0] = sum[0] + f(i, n - i);
  return sum_lanes((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

template <class T>
LANES float largest(const T* x, Index n) {
  F16 best = set(-__builtin_inff());
  for (Index i = 0; i < n; i += 16) best = max(best, select(first_lanes(n - i), load_some(x + i, n - i), set(-__builtin_inff())));
  return max_lanes(best);
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
