// Products of float32 matrices in panels, and panels of a weight.

#include "suite/kernels/vector/panel_product.hpp"
#include "suite/kernels/vector/transpose.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

void multiply_panels(const PanelProduct& p, const float* left, const float* right, float* product) {
  multiply_in_panels(
      p, left, right, product, [](F16 value, F16 line, F16 sum) __attribute__((always_inline)) { return fma(value, line, sum); });
}

/// 16 x 16 values of a matrix, rows `row` apart; what lies beyond its rows and columns is zero.
inline __attribute__((always_inline)) void load_tile(const float* plain, Index rows, Index columns, Index row, Lanes* v) {
  if (rows >= 16 && columns >= 16) {
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) v[i] = load_lanes(plain + i * row);
    return;
  }
  for (int i = 0; i < 16; ++i) {
    float line[16];
    store(line, i < rows ? load_some(plain + i * row, columns) : set(0.0F));
    v[i] = load_lanes(line);
  }
}

void transpose_weight(const float* weight, Index rows, Index columns, Index row, bool rounds, float* panels) {
  for (Index r = 0; r < rows; r += 16)
    for (Index c = 0; c < columns; c += 16) {
      Lanes v[16];
      load_tile(weight + r * row + c, rows - r, columns - c, row, v);
      transpose(v);
      for (int i = 0; i < 16 && c + i < columns; ++i, panels += 16) {
        store_lanes(panels, v[i]);
        if (rounds) store(panels, rounded_to_bf16(load(panels)));
      }
    }
}

}  // namespace

void fill_panels(VectorKernels& table) {
  table.panels = {multiply_panels, transpose_weight};
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
