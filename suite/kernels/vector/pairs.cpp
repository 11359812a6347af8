// Matrices of bfloat16 as words of two values that are multiplied and added up together. Compiled for CPUs that do.

#include "suite/kernels/vector/pairs.hpp"
#include "suite/kernels/vector/panel_product.hpp"
#include "suite/kernels/vector/transpose.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

void multiply_pairs(const PanelProduct& p, const bf16* left, const bf16* right, float* product) {
  multiply_in_panels(
      p, reinterpret_cast<const float*>(left), reinterpret_cast<const float*>(right), product,
      [](F16 value, F16 line, F16 sum) __attribute__((always_inline)) { return add_products(sum, value, line); });
}

void join_rows(const bf16* first, const bf16* second, Index n, std::uint32_t* words) {
  for (Index i = 0; i < n; i += 16) {
    const Index m = n - i;
    const I16 low = m >= 16 ? load_halves(first + i) : load_halves_part(first + i, m);
    const I16 high = second == nullptr ? set_int(0) : m >= 16 ? load_halves(second + i) : load_halves_part(second + i, m);
    const I16 joined = low | shift_left<16>(high);
    if (m >= 16)
      store_int(words + i, joined);
    else
      store_part(reinterpret_cast<float*>(words + i), as_float(joined), m);
  }
}

void join_weights(const float* first, const float* second, Index n, std::uint32_t* words) {
  for (Index i = 0; i < n; i += 16) {
    const Index m = n - i;
    store_some(reinterpret_cast<float*>(words + i), words_of(load_some(first + i, m), load_some(second + i, m)), m);
  }
}

void transpose_weight(const float* weight, Index rows, Index columns, Index row, std::uint32_t* panels) {
  for (Index r = 0; r < rows; r += 16)
    for (Index c = 0; c < columns; c += 32) {
      Lanes v[16];
      if (r + 16 <= rows && c + 32 <= columns) {
#pragma GCC unroll 16
        for (int i = 0; i < 16; ++i) {
          const float* from = weight + (r + i) * row + c;
          v[i] = reinterpret_cast<Lanes>(rounded(load(from), load(from + 16)));
        }
      } else {
        for (int i = 0; i < 16; ++i) {
          const float* from = weight + (r + i) * row + c;
          const bool there = r + i < rows;
          const F16 low = there ? load_some(from, columns - c) : set(0.0F),
                    high = there && columns - c > 16 ? load_some(from + 16, columns - c - 16) : set(0.0F);
          v[i] = reinterpret_cast<Lanes>(rounded(low, high));
        }
      }
      transpose(v);
      for (int i = 0; i < 16 && c + 2 * i < columns; ++i, panels += 16) store_lanes(reinterpret_cast<float*>(panels), v[i]);
    }
}

}  // namespace

void fill_pairs(PairKernels& table) {
  table = {multiply_pairs, transpose_weight, join_rows, join_weights};
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
