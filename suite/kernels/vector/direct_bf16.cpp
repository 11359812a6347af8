// Products of direct convolution in bfloat16, and the words of two values that they take. A product of 12 rows by 32 columns fills 24
// registers; each multiply-add adds two products to a float32 and rounds as the CPU does.

#include "suite/kernels/vector/pairs.hpp"
#include "suite/kernels/vector/transpose.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

using Kernels = Bf16DirectKernels;
constexpr Index kRows = Kernels::kRows, kColumns = Kernels::kColumns;

LANES F16 words_at(const bf16* p) {
  return load(reinterpret_cast<const float*>(p));
}
LANES F16 word_everywhere(const bf16* p) {
  float word;
  __builtin_memcpy(&word, p, sizeof word);
  return set(word);
}

void add_rows(const Kernels::Rows& p, const bf16* left, const bf16* right, float* product) {
  for (Index r = 0; r < p.rows; r += kRows) {
    F16 sum[2 * kRows];
    const bf16* row[kRows];
#pragma GCC unroll 12
    for (int i = 0; i < kRows; ++i) {
      const float* from = product + p.product_at[r + i];
      row[i] = left + p.left_at[r + i];
      sum[2 * i] = load(from);
      sum[2 * i + 1] = load(from + 16);
    }
    const bf16* line = right;
    for (Index d = 0; d < 2 * p.depth; d += 2, line += 2 * kColumns) {
      const F16 low = words_at(line), high = words_at(line + 32);
#pragma GCC unroll 12
      for (int i = 0; i < kRows; ++i) {
        const F16 word = word_everywhere(row[i] + d);
        sum[2 * i] = add_products(sum[2 * i], word, low);
        sum[2 * i + 1] = add_products(sum[2 * i + 1], word, high);
      }
    }
#pragma GCC unroll 12
    for (int i = 0; i < kRows; ++i) {
      float* to = product + p.product_at[r + i];
      store(to, sum[2 * i]);
      store(to + 16, sum[2 * i + 1]);
    }
  }
}

template <int kCount>
LANES void multiply_block(Index depth, const std::int64_t* right_at, const bf16* left, const bf16* right, float* product) {
  F16 sum[2 * kCount];
#pragma GCC unroll 24
  for (int i = 0; i < 2 * kCount; ++i) sum[i] = set(0.0F);
  for (Index d = 0; d < depth; ++d, left += 2 * kRows) {
    const bf16* line = right + right_at[d];
    const F16 low = words_at(line), high = words_at(line + 32);
#pragma GCC unroll 12
    for (int i = 0; i < kCount; ++i) {
      const F16 word = word_everywhere(left + 2 * i);
      sum[2 * i] = add_products(sum[2 * i], word, low);
      sum[2 * i + 1] = add_products(sum[2 * i + 1], word, high);
    }
  }
#pragma GCC unroll 24
  for (int i = 0; i < 2 * kCount; ++i) store(product + 16 * i, sum[i]);
}

void multiply_places(Index rows, Index depth, const std::int64_t* right_at, const bf16* left, const bf16* right, float* product) {
  if (rows == 12) return multiply_block<12>(depth, right_at, left, right, product);
  if (rows == 8) return multiply_block<8>(depth, right_at, left, right, product);
  multiply_block<4>(depth, right_at, left, right, product);
}

void pair_weights(const float* from, Index lane_step, Index pair_step, Index count, bf16* words, Index line_step) {
  const __m512i lane = _mm512_mullo_epi32(iota().v, _mm512_set1_epi32(static_cast<std::int32_t>(lane_step)));
  for (Index i = 0; i < count; ++i)
    for (Index half = 0; half < 2; ++half) {
      const float* first = from + i + half * 16 * lane_step;
      const F16 low{_mm512_i32gather_ps(lane, first, 4)}, high{_mm512_i32gather_ps(lane, first + pair_step, 4)};
      store(reinterpret_cast<float*>(words + i * line_step + half * 32), words_of(low, high));
    }
}

void put_taps(const float* sums, Index step, Index taps, float* gradient) {
  for (Index c = 0; c < kColumns; c += 16) {
    Index t = 0;
    for (; t + 16 <= taps; t += 16) {
      Lanes v[16];
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i) v[i] = load_lanes(sums + (t + i) * step + c);
      transpose(v);
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i) store_lanes(gradient + (c + i) * taps + t, v[i]);
    }
    for (Index i = 0; i < 16; ++i)
      for (Index left = t; left < taps; ++left) gradient[(c + i) * taps + left] = sums[left * step + c + i];
  }
}

}  // namespace

void fill_direct(Bf16DirectKernels& table) {
  table = {add_rows, multiply_places, pair_weights, put_taps};
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
