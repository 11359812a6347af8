#pragma once
// Kernels of minimal filtering: transforms of tiles between channels-last arrays and one matrix for each point of a tile, which
// panel_kernels.hpp multiplies. A tile of side 6 has 36 points, one of side 5 has 25. float32; see winograd.cpp for the mathematics.
//
// A transformed set of tiles is [point][tile][row >= depth of the plane, a multiple of 16].

#include <cstdint>

namespace reprise::kernels {

/// How tiles lie on a batch of planes [N, height, width, channels]. A stride of 2 sees a plane as four phases: those of even and odd rows
/// and columns, each of which meets every other tap of the filter. Value (y, x) of tile (i, j) in phase (a, b) stands at row
/// (i * step + y) * stride + a - padding, and so on for columns; transformed, its channels follow those of the phase before.
/// Tiles are counted over samples, rows, columns. What lies outside a plane reads as zero and is not written.
struct TilePlane {
  std::int64_t height = 1, width = 1, channels = 1;  ///< with a stride: channels a multiple of 16
  std::int64_t tiles_down = 1, tiles_across = 1;
  int side = 6;           ///< 6 or 5; 4 with products of bfloat16
  std::int64_t step = 4;  ///< the outputs of a tile in one dimension: 4; 2 of side 4 and, for filters of 5 taps, of side 6
  std::int64_t padding = 0;
  std::int64_t stride = 1;

  int points() const { return side * side; }
  std::int64_t depth() const { return stride * stride * channels; }
};

/// Some of the tiles, and how they lie when transformed: floats from point to point and from tile to tile.
struct TileRange {
  std::int64_t first = 0, tiles = 0;
  std::int64_t point = 0, row = 0;
};

/// Filters of `size` x `size`, as lanes of 16 along `outer`: filter (o, d) starts at o * outer_step + d * depth_step of the plain array.
/// With a stride, channels of the input count once for each phase, whose filter is tap (stride * i + a, stride * j + b) for i, j < taps, or
/// zero.
struct FilterLayout {
  std::int64_t outer = 1, depth = 1;
  std::int64_t outer_step = 1, depth_step = 1;
  int size = 3;
  int taps = 3;  ///< of a phase: 2 (tiles of side 5), 3 (of side 6 and step 4, or of side 4) or 5 (of side 6 and step 2)
  int stride = 1;
  bool input_outside = false;  ///< `outer` counts channels of the input, for their gradient, and so phases lie along it; else along `depth`
  bool rounds = false;         ///< `filters` rounds the taps to bfloat16 first
  std::int64_t point = 0;
};

/// Between an array stored as T and transformed tiles.
template <class T>
struct TileKernels {
  /// Tiles of side x side data.
  void (*data_tiles)(const T* data, const TilePlane& plane, const TileRange& range, float* transformed);
  /// Tiles of step x step gradients of the output.
  void (*gradient_tiles)(const T* gradient, const TilePlane& plane, const TileRange& range, float* transformed);
  /// Products back to tiles of step x step outputs; bias [C] is added unless null.
  void (*output_tiles)(const float* products, const TilePlane& plane, const TileRange& range, const float* bias, T* output);
};

struct WinogradKernels {
  /// Products of gradient_tiles and filters, added to the gradient of the data where their tiles stand.
  void (*add_data_tiles)(const float* products, const TilePlane& plane, const TileRange& range, float* grad_data);
  /// transformed [point][panel of 16 of outer][depth][16], phases counted; lanes beyond `outer` are zero.
  void (*filters)(const FilterLayout& layout, const float* weight, float* transformed);
  /// products [point][depth][row >= outer] of one phase -> its taps in gradient, laid out as the weight.
  void (*filter_gradients)(const float* products, const FilterLayout& layout, std::int64_t phase, std::int64_t row, float* gradient);
};

/// The same with products of bfloat16, for filters of 3 x 3 without a stride: tiles of side 4 and step 2, 16 points. Tiles and filters are
/// rounded after their transform. Products take them as words of two values, neighbours along the sum: channels, as tiles lie anyway, or
/// tiles. `row` and `point` of a range, and of a layout, count bfloat16 values; rows of channels are filled up with zeros to multiples
/// of 16.
struct Bf16WinogradKernels {
  using Value = std::uint16_t;
  /// [point][tile][row]
  void (*data_tiles)(const Value* data, const TilePlane& plane, const TileRange& range, Value* transformed);
  /// [point][pair of tiles][row of words], a missing last tile as zeros.
  void (*data_tile_pairs)(const Value* data, const TilePlane& plane, const TileRange& range, Value* transformed);
  void (*gradient_tile_pairs)(const Value* gradient, const TilePlane& plane, const TileRange& range, Value* transformed);
  /// Products back to tiles of outputs; bias [C] is added unless null. `range` counts floats.
  void (*output_tiles)(const float* products, const TilePlane& plane, const TileRange& range, const float* bias, Value* output);
  /// transformed [point][panel of 16 of outer][pair of depth][16 words]; `input_outside` turns them by half a turn.
  void (*filters)(const FilterLayout& layout, const float* weight, Value* transformed);
  /// products [point][depth][row >= outer] -> taps in gradient, laid out as the weight. `point` and `row` count floats.
  void (*filter_gradients)(const float* products, const FilterLayout& layout, std::int64_t row, float* gradient);
};

}  // namespace reprise::kernels
