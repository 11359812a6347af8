// Products of activations against a double product, both operands as they lie and transposed.

#include "suite/kernels/strided_product.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "suite/tensor/memory.hpp"
#include "tests/suite/kernels/small_integers.hpp"

namespace reprise::kernels {
namespace {

using Case = std::tuple<ProductSize, bool, bool, Precision>;

class StridedProductTest : public testing::TestWithParam<Case> {};

/// A factor [rows, columns] of small integers, laid out as an operand whose rows are one padded row further apart than they need to be.
struct Factor {
  Factor(std::int64_t factor_rows, std::int64_t factor_columns, bool is_transposed, int seed)
      : columns(factor_columns), plain(values(factor_rows * factor_columns, seed)), transposed(is_transposed) {
    const std::int64_t lying_rows = transposed ? columns : factor_rows, lying_columns = transposed ? factor_rows : columns;
    row = padded_row(lying_columns) + 16;
    lying.assign(static_cast<std::size_t>(lying_rows * row), 0.0F);
    for (std::int64_t r = 0; r < factor_rows; ++r)
      for (std::int64_t c = 0; c < columns; ++c) lying[static_cast<std::size_t>(transposed ? c * row + r : r * row + c)] = at(r, c);
  }
  float at(std::int64_t r, std::int64_t c) const { return plain[static_cast<std::size_t>(r * columns + c)]; }
  Operand operand() const { return {lying.data(), row, transposed}; }

  std::int64_t columns, row = 0;
  std::vector<float> plain, lying;
  bool transposed;
};

TEST_P(StridedProductTest, equals_the_double_product_and_pads_with_zeros) {
  const auto& [size, left_transposed, right_transposed, precision] = GetParam();
  const Factor left(size.rows, size.depth, left_transposed, 1), right(size.depth, size.columns, right_transposed, 2);
  const StridedProduct product(std::max({size.rows, size.columns, size.depth}), precision);
  const Memory scratch(product.scratch_bytes());
  const std::int64_t row = padded_row(size.columns) + 16;
  std::vector<float> result(static_cast<std::size_t>(size.rows * row), -1.0F);
  product.multiply(size, left.operand(), right.operand(), result.data(), row, scratch.data());
  for (std::int64_t r = 0; r < size.rows; ++r)
    for (std::int64_t c = 0; c < row; ++c) {
      double sum = c < padded_row(size.columns) ? 0 : -1;
      for (std::int64_t d = 0; c < size.columns && d < size.depth; ++d)
        sum += static_cast<double>(left.at(r, d)) * static_cast<double>(right.at(d, c));
      ASSERT_EQ(result[static_cast<std::size_t>(r * row + c)], sum) << r << ' ' << c;
    }
}

INSTANTIATE_TEST_SUITE_P(, StridedProductTest,
                         testing::Combine(testing::Values(ProductSize{1, 1, 1}, ProductSize{13, 5, 7}, ProductSize{64, 64, 32},
                                                          ProductSize{65, 33, 65}, ProductSize{7, 300, 270}),
                                          testing::Bool(), testing::Bool(), testing::Values(Precision::f32, Precision::bf16)));

}  // namespace
}  // namespace reprise::kernels
