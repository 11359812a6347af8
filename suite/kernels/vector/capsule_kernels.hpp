#pragma once
// Kernels of routing between capsules (layers/routing.hpp): sums over rows [J, D] of J capsules with D values, and over many such rows.
// Any J and D; fast where D is 8 or 16 and J D a multiple of 16.

#include <cstdint>

namespace reprise::kernels {

/// `rows` of J = capsules times D = dimensions values, contiguous.
struct CapsuleRows {
  std::int64_t rows = 0, capsules = 1, dimensions = 1;
};

struct CapsuleKernels {
  /// sum[j] += over the rows r in order: coefficients[r][j] * votes[r][j].
  void (*weigh)(const CapsuleRows& shape, const float* coefficients, const float* votes, float* sum);
  /// agreement[r][j] = votes[r][j] · with[j], added to what is there if `adds`.
  void (*agree)(const CapsuleRows& shape, const float* votes, const float* with, bool adds, float* agreement);
  /// output[r][j] (+)= coefficients[r][j] * input[r][j]; coefficients of a row `step` floats from those of the row before.
  void (*scale)(const CapsuleRows& shape, const float* coefficients, std::int64_t step, const float* input, bool adds, float* output);
  /// products[a * product_row + b] = left[a] · right[b], rows of `length` floats.
  void (*multiply_rows)(const float* left, std::int64_t left_rows, const float* right, std::int64_t right_rows, std::int64_t length,
                        float* products, std::int64_t product_row);
};

}  // namespace reprise::kernels
