#pragma once
// Kernels of direct convolution in bfloat16: words of two values, neighbours along a sum, and products of 12 rows by 32 columns that find
// their rows, or the places they sum over, in a table. Only for CPUs that multiply pairs of bfloat16.

#include <cstdint>

namespace reprise::kernels {

struct Bf16DirectKernels {
  using Value = std::uint16_t;
  static constexpr std::int64_t kRows = 12, kColumns = 32;

  /// product[product_at[i]] [32] += sum over `depth` words of left[left_at[i]] times right [depth][32 words], for rows i, a multiple of 12.
  /// Tables count floats and values.
  struct Rows {
    std::int64_t rows = 0;
    const std::int64_t *left_at = nullptr, *product_at = nullptr;
    std::int64_t depth = 0;
  };
  void (*add_rows)(const Rows& shape, const Value* left, const Value* right, float* product);
  /// product [rows][32] = sum over d < depth of left [depth][12 words] times right[right_at[d]] [32 words]; rows 4, 8 or 12.
  void (*multiply_places)(std::int64_t rows, std::int64_t depth, const std::int64_t* right_at, const Value* left, const Value* right,
                          float* product);

  /// Line i < count of 32 words, `line_step` values from the one before: word l = (from[i + l * lane_step], from[i + pair_step + l *
  /// lane_step]), rounded.
  void (*pair_weights)(const float* from, std::int64_t lane_step, std::int64_t pair_step, std::int64_t count, Value* words,
                       std::int64_t line_step);
  /// gradient[c * taps + t] = sums[t * step + c] for c < 32.
  void (*put_taps)(const float* sums, std::int64_t step, std::int64_t taps, float* gradient);
};

}  // namespace reprise::kernels
