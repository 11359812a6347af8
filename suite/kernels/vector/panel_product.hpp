#pragma once
// Products of matrices that lie in panels of 16 columns, in blocks of rows that fill the registers. What a multiply-add is, is the
// caller's: one of float32, or of pairs of bfloat16, which move through here as words of 32 bits.
//
// The products are our own rather than oneDNN's general ones. Measured on one thread with AVX2 they are up to 8 % faster with 64 channels
// and more (in one case 2 % slower) and 9 to 19 % with 16, where packing does not pay; they take the matrices as they lie, so a step packs
// and allocates nothing; and their sums have one order on every CPU.

#include <type_traits>

#include "suite/kernels/vector/lanes.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {

struct NothingAhead {
  inline __attribute__((always_inline)) void step() {}
};
struct LinesAhead {
  const float* at;
  Index rows, gap, lines, left;
  explicit LinesAhead(const FetchAhead& ahead)
      : at(ahead.first), rows(ahead.rows), gap(ahead.row - ahead.lines * 16), lines(ahead.lines), left(ahead.lines) {}
  inline __attribute__((always_inline)) void step() {
    if (rows == 0) return;
    __builtin_prefetch(at, 0, 2);
    at += 16;
    if (--left > 0) return;
    at += gap, left = lines, --rows;
  }
};

/// product [kRows, kPanels * 16] (+)= sum over depth of left (kRows words, left_row apart) times right (16 words a panel), in order of
/// depth.
template <int kRows, int kPanels, class Ahead, class MultiplyAdd>
LANES void multiply_block(const PanelProduct& p, const float* left, const float* right, Index depth, bool adds, float* product,
                          Ahead& ahead, MultiplyAdd multiply_add) {
  F16 sum[kRows * kPanels];
#pragma GCC unroll 12
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 2
    for (int j = 0; j < kPanels; ++j) sum[i * kPanels + j] = adds ? load(product + i * p.product_row + j * 16) : set(0.0F);
  for (Index d = 0; d < depth; ++d) {
    F16 line[kPanels];
#pragma GCC unroll 2
    for (int j = 0; j < kPanels; ++j) line[j] = load(right + j * p.right_panel + d * p.right_depth);
    const float* values = left + d * p.left_depth;
    ahead.step();
#pragma GCC unroll 12
    for (int i = 0; i < kRows; ++i) {
      const F16 value = set(values[i * p.left_row]);
#pragma GCC unroll 2
      for (int j = 0; j < kPanels; ++j) sum[i * kPanels + j] = multiply_add(value, line[j], sum[i * kPanels + j]);
    }
  }
#pragma GCC unroll 12
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 2
    for (int j = 0; j < kPanels; ++j) store(product + i * p.product_row + j * 16, sum[i * kPanels + j]);
}

/// All rows of kPanels panels, as many at a time as there are registers for.
template <int kPanels, class Ahead, class MultiplyAdd>
LANES void multiply_rows(const PanelProduct& p, const float* left, const float* right, Index depth, bool adds, float* product, Ahead& ahead,
                         MultiplyAdd multiply_add) {
  Index r = 0;
  const auto blocks_of = [&]<int kRows>(std::integral_constant<int, kRows>) __attribute__((always_inline)) {
    for (; r + kRows <= p.rows; r += kRows)
      multiply_block<kRows, kPanels>(p, left + r * p.left_row, right, depth, adds, product + r * p.product_row, ahead, multiply_add);
  };
#ifdef __AVX512F__
  // 32 registers: 24 or 12 sums.
  blocks_of(std::integral_constant<int, 12>());
  if constexpr (kPanels == 2) blocks_of(std::integral_constant<int, 8>());
#else
  blocks_of(std::integral_constant<int, 6>());  // 16 registers of half the width: 12 sums of 8 lanes
#endif
  blocks_of(std::integral_constant<int, 4>());  // eight chains of sums still keep both units busy
  blocks_of(std::integral_constant<int, 2>());
  blocks_of(std::integral_constant<int, 1>());
}

template <class Ahead, class MultiplyAdd>
LANES void multiply_pieces(const PanelProduct& p, const float* left, const float* right, float* product, Ahead ahead,
                           MultiplyAdd multiply_add) {
  for (Index start = 0; start < p.depth; start += kDepthOfPanel) {
    const Index depth = p.depth - start < kDepthOfPanel ? p.depth - start : kDepthOfPanel;
    const bool adds = p.adds || start > 0;
    const float* rows = left + start * p.left_depth;
    const float* lines = right + start * p.right_depth;
    Index column = 0;
#ifdef __AVX512F__
    // Two panels at a time: each broadcast value serves two multiply-adds, which otherwise wait for loads.
    for (; column + 16 < p.columns; column += 32)
      multiply_rows<2>(p, rows, lines + column / 16 * p.right_panel, depth, adds, product + column, ahead, multiply_add);
#endif
    for (; column < p.columns; column += 16)
      multiply_rows<1>(p, rows, lines + column / 16 * p.right_panel, depth, adds, product + column, ahead, multiply_add);
  }
}

template <class MultiplyAdd>
LANES void multiply_in_panels(const PanelProduct& p, const float* left, const float* right, float* product, MultiplyAdd multiply_add) {
  if (p.ahead.rows > 0)
    multiply_pieces(p, left, right, product, LinesAhead(p.ahead), multiply_add);
  else
    multiply_pieces(p, left, right, product, NothingAhead(), multiply_add);
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
