#include "suite/kernels/strided_product.hpp"

#include "suite/kernels/onednn/library.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::kernels {

namespace {

constexpr std::int64_t kLanes = 16;

/// Words of rows 2 i and 2 i + 1, value by value, for all pairs of `rows` rows of `columns` values; `row` words apart.
void join_row_pairs(const Operand& matrix, std::int64_t rows, std::int64_t columns, const float* zeros, std::uint32_t* words) {
  for (std::int64_t r = 0; r < rows; r += 2) {
    const float* first = matrix.values + r * matrix.row;
    bf16_kernels()->pairs.join_weights(first, r + 1 < rows ? first + matrix.row : zeros, padded_row(columns),
                                       words + r / 2 * padded_row(columns));
  }
}

}  // namespace

StridedProduct::StridedProduct(std::int64_t max_side, Precision precision)
    : max_side_(max_side), pairs_(precision == Precision::bf16 && onednn::has_bf16_units() && bf16_kernels() != nullptr) {}

std::size_t StridedProduct::scratch_bytes() const {
  const std::int64_t side = padded_row(max_side_);
  return aligned(static_cast<std::size_t>(pairs_ ? side * side + side : side * side) * sizeof(float));
}

void StridedProduct::multiply(const ProductSize& size, const Operand& left, const Operand& right, float* product, std::int64_t product_row,
                              std::byte* scratch) const {
  auto* room = reinterpret_cast<float*>(scratch);
  if (pairs_)
    multiply_pairs(size, left, right, product, product_row, room);
  else
    multiply_floats(size, left, right, product, product_row, room);
}

void StridedProduct::multiply_floats(const ProductSize& size, const Operand& left, const Operand& right, float* product,
                                     std::int64_t product_row, float* scratch) const {
  const PanelKernels& kernels = vector_kernels().panels;
  PanelProduct shape{.rows = size.rows,
                     .columns = size.columns,
                     .depth = size.depth,
                     .left_row = left.transposed ? 1 : left.row,
                     .left_depth = left.transposed ? left.row : 1,
                     .right_panel = kLanes,
                     .right_depth = right.row,
                     .product_row = product_row};
  const float* panels = right.values;
  if (right.transposed) {
    kernels.transpose(right.values, size.columns, size.depth, right.row, false, scratch);
    panels = scratch;
    shape.right_panel = size.depth * kLanes;
    shape.right_depth = kLanes;
  }
  kernels.multiply(shape, left.values, panels, product);
}

void StridedProduct::multiply_pairs(const ProductSize& size, const Operand& left, const Operand& right, float* product,
                                    std::int64_t product_row, float* scratch) const {
  const VectorKernels& kernels = vector_kernels();
  const PairKernels& pairs = bf16_kernels()->pairs;
  const std::int64_t words = (size.depth + 1) / 2, side = padded_row(max_side_);
  float* zeros = scratch;
  float* left_words = zeros + side;
  float* right_words = left_words + side * side / 2;
  for (std::int64_t i = 0; i < side; ++i) zeros[i] = 0;
  PanelProduct shape{.rows = size.rows, .columns = size.columns, .depth = words, .product_row = product_row};
  if (left.transposed) {
    shape.left_row = 1, shape.left_depth = padded_row(size.rows);
    join_row_pairs(left, size.depth, size.rows, zeros, reinterpret_cast<std::uint32_t*>(left_words));
  } else {
    const std::int64_t row = padded_row(size.depth);
    shape.left_row = row / 2, shape.left_depth = 1;
    for (std::int64_t r = 0; r < size.rows; ++r)
      kernels.b16.from_float(left.values + r * left.row, reinterpret_cast<bf16*>(left_words) + r * row, row);
  }
  if (right.transposed) {
    shape.right_panel = words * kLanes, shape.right_depth = kLanes;
    pairs.transpose(right.values, size.columns, 2 * words, right.row, reinterpret_cast<std::uint32_t*>(right_words));
  } else {
    shape.right_panel = kLanes, shape.right_depth = padded_row(size.columns);
    join_row_pairs(right, size.depth, size.columns, zeros, reinterpret_cast<std::uint32_t*>(right_words));
  }
  pairs.multiply(shape, reinterpret_cast<const bf16*>(left_words), reinterpret_cast<const bf16*>(right_words), product);
}

}  // namespace reprise::kernels
