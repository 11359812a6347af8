// Minimal filtering with products of bfloat16: F(2 x 2, 3 x 3) on tiles of 4 x 4, 16 products where a plain convolution takes 36. Its
// points 0, 1, -1 and infinity need no factors but 1/2, so that what is rounded is a sum of a few values; the points that larger tiles need
// would multiply the error of bfloat16 several times. Compiled for CPUs that multiply pairs of bfloat16 and add both products in float32.
//
// With d data, g taps, y gradients of the outputs in one dimension (winograd.cpp has the general form):
//   outputs = A' [(G g) * (B' d)],  gradient of the taps = G' [(B' d) * (A y)].
// The gradient of the data is a convolution itself, with the filter turned by half a turn.

#include "suite/kernels/vector/pairs.hpp"
#include "suite/kernels/vector/winograd_tiles.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {
namespace {

constexpr int kSide = 4, kPoints = kSide * kSide, kOut = 2, kTaps = 3, kArea = kTaps * kTaps;

// clang-format off: one line an operation reads best.
/// B' d
LANES void transform_data(const F16* d, F16* v) {
  v[0] = d[0] - d[2], v[1] = d[1] + d[2], v[2] = d[2] - d[1], v[3] = d[1] - d[3];
}
/// A y
LANES void transform_gradient(const F16* y, F16* m) {
  m[0] = y[0], m[1] = y[0] + y[1], m[2] = y[0] - y[1], m[3] = set(0.0F) - y[1];
}
/// A' m
LANES void transform_back(const F16* m, F16* y) {
  y[0] = m[0] + (m[1] + m[2]), y[1] = (m[1] - m[2]) - m[3];
}
/// G g
LANES void transform_taps(const F16* g, F16* u) {
  const F16 outer = g[0] + g[2], half = set(0.5F);
  u[0] = g[0], u[1] = half * (outer + g[1]), u[2] = half * (outer - g[1]), u[3] = g[2];
}
/// G' u
LANES void gather_taps(const F16* u, F16* g) {
  const F16 sum = set(0.5F) * (u[1] + u[2]);
  g[0] = u[0] + sum, g[1] = set(0.5F) * (u[1] - u[2]), g[2] = sum + u[3];
}

LANES void store_rounded(bf16* p, F16 x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), (__m256i)_mm512_cvtneps_pbh(x.v));
}
/// Sixteen words of two: `low` in the lower halves.
LANES void store_pairs(bf16* p, F16 low, F16 high) {
  store(reinterpret_cast<float*>(p), words_of(low, high));
}
// clang-format on

/// One tile's channels c to c + 15 through a transform from kSize x kSize values.
template <int kSize, class F>
LANES void transform_tile(const bf16* const* position, Index c, Index lanes, F16* points, F transform) {
  F16 values[kSize * kSize];
  for (int i = 0; i < kSize * kSize; ++i) values[i] = position[i] == nullptr ? set(0.0F) : load_some(position[i] + c, lanes);
  in_two_dimensions<kSize, kSide>(values, points, transform);
}

void data_tiles(const bf16* data, const TilePlane& plane, const TileRange& range, bf16* transformed) {
  for (Index t = 0; t < range.tiles; ++t) {
    const bf16* position[kPoints];
    find_positions<kSide>(plane, range.first + t, 0, data, position);
    for (Index c = 0; c < plane.channels; c += 16) {
      F16 points[kPoints];
      transform_tile<kSide>(position, c, plane.channels - c, points, [](const F16* d, F16* v) { transform_data(d, v); });
      bf16* to = transformed + t * range.row + c;
      for (int p = 0; p < kPoints; ++p) store_rounded(to + p * range.point, points[p]);
    }
  }
}

template <int kSize, class F>
LANES void transform_tile_pairs(const bf16* data, const TilePlane& plane, const TileRange& range, bf16* transformed, F transform) {
  for (Index t = 0; t < range.tiles; t += 2) {
    const bf16 *low[kSize * kSize], *high[kSize * kSize] = {};
    find_positions<kSize>(plane, range.first + t, 0, data, low);
    if (t + 1 < range.tiles) find_positions<kSize>(plane, range.first + t + 1, 0, data, high);
    for (Index c = 0; c < plane.channels; c += 16) {
      F16 low_points[kPoints], high_points[kPoints];
      transform_tile<kSize>(low, c, plane.channels - c, low_points, transform);
      transform_tile<kSize>(high, c, plane.channels - c, high_points, transform);
      bf16* to = transformed + t / 2 * range.row + 2 * c;
      for (int p = 0; p < kPoints; ++p) store_pairs(to + p * range.point, low_points[p], high_points[p]);
    }
  }
}

void data_tile_pairs(const bf16* data, const TilePlane& plane, const TileRange& range, bf16* transformed) {
  transform_tile_pairs<kSide>(data, plane, range, transformed, [](const F16* d, F16* v) { transform_data(d, v); });
}

void gradient_tile_pairs(const bf16* gradient, const TilePlane& plane, const TileRange& range, bf16* transformed) {
  transform_tile_pairs<kOut>(gradient, plane, range, transformed, [](const F16* y, F16* m) { transform_gradient(y, m); });
}

void output_tiles(const float* products, const TilePlane& plane, const TileRange& range, const float* bias, bf16* output) {
  for (Index t = 0; t < range.tiles; ++t) {
    bf16* position[kOut * kOut];
    find_positions<kOut>(plane, range.first + t, 0, output, position);
    for (Index c = 0; c < plane.channels; c += 16) {
      const Index lanes = plane.channels - c;
      F16 points[kPoints], values[kOut * kOut];
      for (int p = 0; p < kPoints; ++p) points[p] = load(products + p * range.point + t * range.row + c);
      in_two_dimensions<kSide, kOut>(points, values, [](const F16* m, F16* y) { transform_back(m, y); });
      const F16 shift = bias == nullptr ? set(0.0F) : load_some(bias + c, lanes);
      for (int i = 0; i < kOut * kOut; ++i) {
        if (position[i] == nullptr) continue;
        if (lanes >= 16)
          store_rounded(position[i] + c, values[i] + shift);
        else
          store_part(position[i] + c, values[i] + shift, lanes);
      }
    }
  }
}

void filters(const FilterLayout& layout, const float* weight, bf16* transformed) {
  bf16* to = transformed;
  for (Index panel = 0; panel < layout.outer; panel += 16)
    for (Index d = 0; d < layout.depth; d += 2, to += 32) {
      const Index lanes = layout.outer - panel < 16 ? layout.outer - panel : 16;
      F16 points[2][kPoints];
      for (Index of_pair = 0; of_pair < 2; ++of_pair) {
        float side_by_side[kArea * 16] = {};
        const float* first = weight + panel * layout.outer_step + (d + of_pair) * layout.depth_step;
        for (Index l = 0; l < lanes && d + of_pair < layout.depth; ++l)
          for (int i = 0; i < kArea; ++i)
            side_by_side[i * 16 + l] = first[l * layout.outer_step + (layout.input_outside ? kArea - 1 - i : i)];
        F16 taps[kArea];
        for (int i = 0; i < kArea; ++i) taps[i] = load(side_by_side + i * 16);
        in_two_dimensions<kTaps, kSide>(taps, points[of_pair], [](const F16* g, F16* u) { transform_taps(g, u); });
      }
      for (int p = 0; p < kPoints; ++p) store_pairs(to + p * layout.point, points[0][p], points[1][p]);
    }
}

void filter_gradients(const float* products, const FilterLayout& layout, Index row, float* gradient) {
  for (Index panel = 0; panel < layout.outer; panel += 16)
    for (Index d = 0; d < layout.depth; ++d) {
      const Index lanes = layout.outer - panel < 16 ? layout.outer - panel : 16;
      F16 points[kPoints], taps[kArea];
      for (int p = 0; p < kPoints; ++p) points[p] = load(products + p * layout.point + d * row + panel);
      in_two_dimensions<kSide, kTaps>(points, taps, [](const F16* u, F16* g) { gather_taps(u, g); });
      float side_by_side[kArea * 16];
      for (int i = 0; i < kArea; ++i) store(side_by_side + i * 16, taps[i]);
      float* first = gradient + panel * layout.outer_step + d * layout.depth_step;
      for (Index l = 0; l < lanes; ++l)
        for (int i = 0; i < kArea; ++i) first[l * layout.outer_step + i] = side_by_side[i * 16 + l];
    }
}

}  // namespace

void fill_winograd(Bf16WinogradKernels& table) {
  table = {data_tiles, data_tile_pairs, gradient_tile_pairs, output_tiles, filters, filter_gradients};
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
