#pragma once
// Walks the windows of a pooling kernel, their cells and their channels.

#include "suite/kernels/vector/lanes.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

/// The cells of one window that lie inside the input.
struct Cells {
  Index row_begin, row_end, column_begin, column_end;  // in the input
  Index top, left;                                     // where the window begins, perhaps outside
  Index count() const { return (row_end - row_begin) * (column_end - column_begin); }
};

LANES Cells cells_of(const WindowGeometry& g, Index p, Index q) {
  const Index top = p * g.stride - g.padding, left = q * g.stride - g.padding;
  const Index bottom = top + g.window_height, right = left + g.window_width;
  return {top > 0 ? top : 0, bottom < g.height ? bottom : g.height, left > 0 ? left : 0, right < g.width ? right : g.width, top, left};
}

/// f(cells, output offset) for every window in row order.
template <class F>
LANES void for_each_window(const WindowGeometry& g, F f) {
  for (Index p = 0; p < g.out_height; ++p)
    for (Index q = 0; q < g.out_width; ++q) f(cells_of(g, p, q), (p * g.out_width + q) * g.channels);
}

/// f(input offset, position in the window) for every cell in row order.
template <class F>
LANES void for_each_cell(const WindowGeometry& g, const Cells& cells, F f) {
  for (Index row = cells.row_begin; row < cells.row_end; ++row)
    for (Index column = cells.column_begin; column < cells.column_end; ++column)
      f((row * g.width + column) * g.channels, (row - cells.top) * g.window_width + column - cells.left);
}

/// f(first channel, number of channels) for blocks of 16 channels.
template <class F>
LANES void for_each_channel_block(Index channels, F f) {
  Index c = 0;
  for (; c + 16 <= channels; c += 16) f(c, Index{16});
  if (c < channels) f(c, channels - c);
}

/// No cell is left out by disjoint windows.
LANES bool covers_input(const WindowGeometry& g) {
  return g.stride == g.window_height && g.stride == g.window_width && g.padding == 0 && g.out_height * g.stride >= g.height &&
         g.out_width * g.stride >= g.width;
}

}  // namespace
}  // namespace reprise::kernels::REPRISE_ISA_NAME
