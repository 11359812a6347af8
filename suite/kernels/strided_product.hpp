#pragma once
// Products of two activations on one thread, as attention makes them of queries, keys, values and their gradients.
//
// Operands are float32 rows. In bfloat16, on a CPU that multiplies it, they are rounded to pairs just before the product; elsewhere the
// product runs in float32 (vector/panel_product.hpp). Sums have one order, that of the depth.

#include <cstddef>
#include <cstdint>

#include "suite/tensor/shape.hpp"

namespace reprise::kernels {

/// A matrix whose rows are `row` floats apart, a multiple of 16; what lies between a row's end and the next multiple of 16 is zero.
struct Operand {
  const float* values = nullptr;
  std::int64_t row = 0;
  bool transposed = false;  ///< the matrix as it lies is the transpose of the factor
};

struct ProductSize {
  std::int64_t rows = 0, columns = 0, depth = 0;
};

/// The least multiple of 16 that holds `columns` floats.
constexpr std::int64_t padded_row(std::int64_t columns) {
  return (columns + 15) / 16 * 16;
}

/// Immutable after construction; calls are thread-safe.
class StridedProduct {
 public:
  /// For sizes up to `max_side` in each of the three extents.
  StridedProduct(std::int64_t max_side, Precision precision);

  std::size_t scratch_bytes() const;
  /// product [rows, columns] = left [rows, depth] · right [depth, columns]; its rows are `product_row` apart, a multiple of 16, and are
  /// written up to the next multiple of 16 columns, with zeros beyond their end.
  void multiply(const ProductSize& size, const Operand& left, const Operand& right, float* product, std::int64_t product_row,
                std::byte* scratch) const;

 private:
  void multiply_floats(const ProductSize& size, const Operand& left, const Operand& right, float* product, std::int64_t product_row,
                       float* scratch) const;
  void multiply_pairs(const ProductSize& size, const Operand& left, const Operand& right, float* product, std::int64_t product_row,
                      float* scratch) const;

  std::int64_t max_side_;
  bool pairs_;
};

}  // namespace reprise::kernels
