#pragma once
// Products of matrices in panels of 16 columns, for minimal filtering, blocks of dense layers and votes of capsules; and what makes panels
// of weights and of pairs. They are in panels.cpp, those of bfloat16 in pairs.cpp.

#include <cstdint>

namespace reprise::kernels {

/// A product is taken in pieces of this depth, so that a panel of 16 columns stays in the first-level cache.
constexpr std::int64_t kDepthOfPanel = 256;

/// An odd number of cache lines that holds `columns` floats: rows a power of two apart would share a few cache sets.
constexpr std::int64_t spread_row(std::int64_t columns) {
  return 16 * ((columns + 15) / 16 | 1);
}

/// Memory to bring into the second-level cache meanwhile, a cache line with each step of a sum: `rows` rows, `row` floats apart, of `lines`
/// lines.
struct FetchAhead {
  const float* first = nullptr;
  std::int64_t rows = 0, row = 0, lines = 0;
};

/// product [rows, columns] (+)= left [rows, depth] right [depth, columns], summed in order of depth. Strides in floats; columns are taken
/// 16 at a time, and all 16 of the last ones are read and written.
struct PanelProduct {
  std::int64_t rows = 0, columns = 0, depth = 0;
  std::int64_t left_row = 0, left_depth = 1;
  std::int64_t right_panel = 0, right_depth = 16;
  std::int64_t product_row = 0;
  bool adds = false;
  FetchAhead ahead = {};
};

struct PanelKernels {
  void (*multiply)(const PanelProduct& shape, const float* left, const float* right, float* product);
  /// weight [rows, columns], whose rows are `row` apart -> panels [panel of 16 rows][column][16], rounded to bfloat16 if asked; missing
  /// rows are zero.
  void (*transpose)(const float* weight, std::int64_t rows, std::int64_t columns, std::int64_t row, bool rounds, float* panels);
};

/// The same with words of two bfloat16 values, neighbours along a sum, the first in the lower half.
struct PairKernels {
  using Value = std::uint16_t;
  /// Depth and strides of `left` and `right` count words.
  void (*multiply)(const PanelProduct& shape, const Value* left, const Value* right, float* product);
  /// weight [rows, columns], whose rows are `row` apart -> panels [panel of 16 rows][pair of columns][16 words], rounded; missing rows are
  /// zero. columns is even.
  void (*transpose)(const float* weight, std::int64_t rows, std::int64_t columns, std::int64_t row, std::uint32_t* panels);
  /// words[i] = first[i], second[i]; a null second counts as zeros.
  void (*join_rows)(const Value* first, const Value* second, std::int64_t n, std::uint32_t* words);
  /// The same of float32 values, rounded.
  void (*join_weights)(const float* first, const float* second, std::int64_t n, std::uint32_t* words);
};

}  // namespace reprise::kernels
