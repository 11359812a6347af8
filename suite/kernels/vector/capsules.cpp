// Sums of capsules' values, and their weighted sums.

#include "suite/kernels/vector/transpose.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

// What follows is for D = kD = 8 or 16: sixteen lanes hold one capsule or two. kD 0 stands for any other D and takes one value after the
// other.

LANES Index values_of(const CapsuleRows& s) {
  return s.capsules * s.dimensions;
}

/// Each lane's coefficient.
template <int kD>
LANES F16 spread(const float* coefficient) {
  if constexpr (kD == 16) return set(coefficient[0]);
  return select(set_int(8) > iota(), set(coefficient[0]), set(coefficient[1]));
}

/// Of vectors i and i + distance, a and b: a's lanes without the distance bit plus those with it; in the lanes with it the same of b.
template <int kDistance, int... kLane>
LANES F16 fold(F16 first, F16 second, std::integer_sequence<int, kLane...>) {
  Lanes a, b;
  __builtin_memcpy(&a, &first, sizeof a);
  __builtin_memcpy(&b, &second, sizeof b);
  const Lanes sum = __builtin_shufflevector(a, b, (kLane & kDistance ? 16 + kLane - kDistance : kLane)...) +
                    __builtin_shufflevector(a, b, (kLane & kDistance ? 16 + kLane : kLane + kDistance)...);
  F16 result;
  __builtin_memcpy(&result, &sum, sizeof result);
  return result;
}

/// The sums of sixteen capsules that lie in kD vectors, in halves, quarters and so on; v is overwritten.
template <int kD>
LANES F16 sums_of(F16* v) {
  if constexpr (kD == 16)
    for (int i = 0; i < 8; ++i) v[i] = fold<8>(v[i], v[i + 8], AllLanes());
  for (int i = 0; i < 4; ++i) v[i] = fold<4>(v[i], v[i + 4], AllLanes());
  for (int i = 0; i < 2; ++i) v[i] = fold<2>(v[i], v[i + 2], AllLanes());
  v[0] = fold<1>(v[0], v[1], AllLanes());
  if constexpr (kD == 16) return v[0];
  // Lane 8 h + i is the sum of half h of vector i.
  float sum[16], ordered[16];
  store(sum, v[0]);
  for (int i = 0; i < 8; ++i) ordered[2 * i] = sum[i], ordered[2 * i + 1] = sum[8 + i];
  return load(ordered);
}

template <int kD>
void weigh(const CapsuleRows& s, const float* coefficients, const float* votes, float* sum) {
  const Index size = values_of(s);
  if constexpr (kD == 0) {
    for (Index r = 0; r < s.rows; ++r)
      for (Index i = 0; i < size; ++i) sum[i] += coefficients[r * s.capsules + i / s.dimensions] * votes[r * size + i];
    return;
  }
  const auto add_rows = [&]<int kRows>(std::integral_constant<int, kRows>, Index first) __attribute__((always_inline)) {
    for (Index i = 0; i < size; i += 16) {
      F16 total = load(sum + i);
#pragma GCC unroll 4
      for (int r = 0; r < kRows; ++r)
        total = fma(spread<kD>(coefficients + (first + r) * s.capsules + i / kD), load(votes + (first + r) * size + i), total);
      store(sum + i, total);
    }
  };
  Index r = 0;
  for (; r + 4 <= s.rows; r += 4) add_rows(std::integral_constant<int, 4>(), r);
  for (; r < s.rows; ++r) add_rows(std::integral_constant<int, 1>(), r);
}

template <int kD>
void agree(const CapsuleRows& s, const float* votes, const float* with, bool adds, float* agreement) {
  const Index size = values_of(s), count = s.rows * s.capsules;
  if constexpr (kD == 0) {
    for (Index p = 0; p < count; ++p) {
      float sum = 0;
      for (Index d = 0; d < s.dimensions; ++d) sum += votes[p * s.dimensions + d] * with[p % s.capsules * s.dimensions + d];
      agreement[p] = adds ? agreement[p] + sum : sum;
    }
    return;
  }
  Index at = 0;
  for (Index p = 0; p < count; p += 16) {
    F16 product[kD == 0 ? 1 : kD];
#pragma GCC unroll 16
    for (int i = 0; i < kD; ++i) {
      const Index value = p * kD + 16 * i;
      product[i] = value < count * kD ? load(votes + value) * load(with + at) : set(0.0F);
      at = at + 16 < size ? at + 16 : 0;
    }
    const F16 sum = sums_of<kD>(product);
    store_some(agreement + p, adds ? load_some(agreement + p, count - p) + sum : sum, count - p);
  }
}

template <int kD>
void scale(const CapsuleRows& s, const float* coefficients, Index step, const float* input, bool adds, float* output) {
  const Index size = values_of(s);
  for (Index r = 0; r < s.rows; ++r, coefficients += step, input += size, output += size) {
    if constexpr (kD == 0) {
      for (Index i = 0; i < size; ++i) output[i] = (adds ? output[i] : 0.0F) + coefficients[i / s.dimensions] * input[i];
    } else if (adds) {
      for (Index i = 0; i < size; i += 16) store(output + i, fma(spread<kD>(coefficients + i / kD), load(input + i), load(output + i)));
    } else {
      for (Index i = 0; i < size; i += 16) store(output + i, spread<kD>(coefficients + i / kD) * load(input + i));
    }
  }
}

void multiply_rows(const float* left, Index left_rows, const float* right, Index right_rows, Index length, float* products,
                   Index product_row) {
  const Index count = left_rows * right_rows;
  for (Index p = 0; p < count; p += 16) {
    const float *a[16], *b[16];
    F16 sum[16];
    for (Index l = 0; l < 16; ++l) {  // those beyond the last are the first again
      const Index pair = p + l < count ? p + l : 0;
      a[l] = left + pair / right_rows * length, b[l] = right + pair % right_rows * length;
      sum[l] = set(0.0F);
    }
    for (Index i = 0; i < length; i += 16)
#pragma GCC unroll 16
      for (int l = 0; l < 16; ++l) sum[l] = fma(load_some(a[l] + i, length - i), load_some(b[l] + i, length - i), sum[l]);
    float all[16];
    store(all, sums_of<16>(sum));
    for (Index l = 0; l < 16 && p + l < count; ++l) products[(p + l) / right_rows * product_row + (p + l) % right_rows] = all[l];
  }
}

/// Calls f<D>.
template <class F>
LANES void by_dimensions(const CapsuleRows& s, F f) {
  const bool whole = values_of(s) % 16 == 0;
  if (whole && s.dimensions == 16) return f(std::integral_constant<int, 16>());
  if (whole && s.dimensions == 8) return f(std::integral_constant<int, 8>());
  f(std::integral_constant<int, 0>());
}

void weigh_any(const CapsuleRows& s, const float* coefficients, const float* votes, float* sum) {
  by_dimensions(s, [&](auto d) { weigh<d>(s, coefficients, votes, sum); });
}
void agree_any(const CapsuleRows& s, const float* votes, const float* with, bool adds, float* agreement) {
  by_dimensions(s, [&](auto d) { agree<d>(s, votes, with, adds, agreement); });
}
void scale_any(const CapsuleRows& s, const float* coefficients, Index step, const float* input, bool adds, float* output) {
  by_dimensions(s, [&](auto d) { scale<d>(s, coefficients, step, input, adds, output); });
}

}  // namespace

void fill_capsules(VectorKernels& table) {
  table.capsules = {weigh_any, agree_any, scale_any, multiply_rows};
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
