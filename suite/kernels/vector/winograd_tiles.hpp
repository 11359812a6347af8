#pragma once
// Tiles of minimal filtering, whatever is multiplied: where they stand on a plane, and a transform along both dimensions.

#include "suite/kernels/vector/lanes.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {

/// Transforms kFrom x kFrom values, row by row, to kTo x kTo, first along columns, then along rows.
template <int kFrom, int kTo, class F>
LANES void in_two_dimensions(const F16* from, F16* to, F transform) {
  F16 half[kTo * kFrom];
  for (int x = 0; x < kFrom; ++x) {
    F16 line[kFrom], result[kTo];
#pragma GCC unroll 6
    for (int y = 0; y < kFrom; ++y) line[y] = from[y * kFrom + x];
    transform(line, result);
#pragma GCC unroll 6
    for (int y = 0; y < kTo; ++y) half[y * kFrom + x] = result[y];
  }
  for (int y = 0; y < kTo; ++y) transform(half + y * kFrom, to + y * kTo);
}

/// The kSize x kSize positions of a tile in one phase; those outside the plane are null.
template <int kSize, class T>
LANES void find_positions(const TilePlane& plane, Index tile, Index phase, T* data, T** position) {
  const Index each = plane.tiles_down * plane.tiles_across, sample = tile / each, inside = tile % each;
  const Index first_row = inside / plane.tiles_across * plane.step * plane.stride + phase / plane.stride - plane.padding;
  const Index first_column = inside % plane.tiles_across * plane.step * plane.stride + phase % plane.stride - plane.padding;
  for (int y = 0; y < kSize; ++y)
    for (int x = 0; x < kSize; ++x) {
      const Index row = first_row + y * plane.stride, column = first_column + x * plane.stride;
      const bool within = row >= 0 && row < plane.height && column >= 0 && column < plane.width;
      position[y * kSize + x] = within ? data + ((sample * plane.height + row) * plane.width + column) * plane.channels : nullptr;
    }
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
