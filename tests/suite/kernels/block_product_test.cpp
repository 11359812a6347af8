// Products of a block of a dense layer against a double product, in every way that words of a sum may lie.

#include "suite/kernels/block_product.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/tensor/memory.hpp"
#include "tests/suite/kernels/isa_tables.hpp"
#include "tests/suite/kernels/small_integers.hpp"

namespace reprise::kernels {
namespace {

/// N samples, D input features, K output features, and the block's: R from `first` on.
struct BlockCase {
  std::int64_t samples, in_features, out_features, first, rows;
};

float at(const Memory& memory, std::int64_t i, Precision precision) {
  float value = memory.floats()[precision == Precision::f32 ? i : 0];
  if (precision == Precision::bf16) vector_kernels().b16.to_float(reinterpret_cast<const bf16*>(memory.data()) + i, &value, 1);
  return value;
}

class BlockProductTest : public testing::TestWithParam<std::tuple<BlockCase, Precision>> {
 protected:
  BlockCase shape = std::get<0>(GetParam());
  Precision precision = std::get<1>(GetParam());
  std::int64_t N = shape.samples, D = shape.in_features, K = shape.out_features, R = shape.rows;
  std::vector<float> x = values(N * D, 1), w = values(R * D, 2), b = values(R, 3), g = values(N * K, 4);
  Memory input = stored(x, precision), grad_output = stored(g, precision);
  BlockProduct product{N, D, K, R, precision};
  Memory scratch{product.scratch_bytes()};

  double weight(std::int64_t r, std::int64_t d) const { return w[static_cast<std::size_t>(r * D + d)]; }
  double gradient(std::int64_t n, std::int64_t r) const { return g[static_cast<std::size_t>(n * K + shape.first + r)]; }
  std::size_t column_bytes() const { return static_cast<std::size_t>(shape.first) * bytes_of(precision); }
};

TEST_P(BlockProductTest, forward_writes_the_columns_of_the_block_alone) {
  for (const bool has_bias : {true, false}) {
    const Memory output = stored(values(N * K, 5), precision), before = stored(values(N * K, 5), precision);
    product.forward(input.data(), w.data(), has_bias ? b.data() : nullptr, R, output.data() + column_bytes(), scratch.data());
    for (std::int64_t n = 0; n < N; ++n)
      for (std::int64_t k = 0; k < K; ++k) {
        const std::int64_t r = k - shape.first;
        if (r < 0 || r >= R) {
          ASSERT_EQ(at(output, n * K + k, precision), at(before, n * K + k, precision)) << n << ' ' << k;
          continue;
        }
        double sum = has_bias ? b[static_cast<std::size_t>(r)] : 0;
        for (std::int64_t d = 0; d < D; ++d) sum += static_cast<double>(x[static_cast<std::size_t>(n * D + d)]) * weight(r, d);
        // bfloat16 results are rounded to 8 bits.
        ASSERT_NEAR(at(output, n * K + k, precision), sum, precision == Precision::f32 ? 0 : std::abs(sum) / 256) << n << ' ' << k;
      }
  }
}

TEST_P(BlockProductTest, backward_hands_over_every_row_of_the_gradient_after_the_input_has_its_share) {
  std::vector<float> partial(static_cast<std::size_t>(N * D), -1), grad_weight(static_cast<std::size_t>(R * D), -1),
      grad_bias(static_cast<std::size_t>(R), -1), changed = w;
  std::int64_t done = 0;
  const auto take_rows = [&](std::int64_t first_row, std::int64_t rows, const float* rows_gradient) {
    EXPECT_EQ(first_row, done);
    done += rows;
    std::copy_n(rows_gradient, rows * D, grad_weight.data() + first_row * D);
    std::fill_n(changed.data() + first_row * D, rows * D, 99.0F);
  };
  product.backward(input.data(), grad_output.data() + column_bytes(), changed.data(), R, partial.data(), grad_bias.data(), take_rows,
                   changed.data(), scratch.data());
  EXPECT_EQ(done, R);
  for (std::int64_t n = 0; n < N; ++n)
    for (std::int64_t d = 0; d < D; ++d) {
      double sum = 0;
      for (std::int64_t r = 0; r < R; ++r) sum += gradient(n, r) * weight(r, d);
      ASSERT_EQ(partial[static_cast<std::size_t>(n * D + d)], sum) << n << ' ' << d;
    }
  for (std::int64_t r = 0; r < R; ++r) {
    double bias = 0;
    for (std::int64_t n = 0; n < N; ++n) bias += gradient(n, r);
    ASSERT_EQ(grad_bias[static_cast<std::size_t>(r)], bias) << r;
    for (std::int64_t d = 0; d < D; ++d) {
      double sum = 0;
      for (std::int64_t n = 0; n < N; ++n) sum += gradient(n, r) * x[static_cast<std::size_t>(n * D + d)];
      ASSERT_EQ(grad_weight[static_cast<std::size_t>(r * D + d)], sum) << r << ' ' << d;
    }
  }
}

TEST_P(BlockProductTest, either_gradient_can_be_had_alone) {
  std::vector<float> both(static_cast<std::size_t>(N * D)), alone = both, rows_both(static_cast<std::size_t>(R * D)),
                                                            rows_alone = rows_both;
  const auto into = [&](std::vector<float>& all) {
    return [&](std::int64_t first_row, std::int64_t rows, const float* rows_gradient) {
      std::copy_n(rows_gradient, rows * D, all.data() + first_row * D);
    };
  };
  const std::byte* columns = grad_output.data() + column_bytes();
  product.backward(input.data(), columns, w.data(), R, both.data(), nullptr, into(rows_both), nullptr, scratch.data());
  product.backward(input.data(), columns, w.data(), R, alone.data(), nullptr, {}, nullptr, scratch.data());
  product.backward(input.data(), columns, w.data(), R, nullptr, nullptr, into(rows_alone), nullptr, scratch.data());
  EXPECT_EQ(alone, both);
  EXPECT_EQ(rows_alone, rows_both);
}

// Weights are read as they lie with 272 input features, and copied with 512, whose rows crowd the cache, and with 300 and 401, which fill
// no panel; 1100 take several pieces of a sum. Odd numbers of samples or features leave a pair incomplete.
INSTANTIATE_TEST_SUITE_P(Shapes, BlockProductTest,
                         testing::Combine(testing::Values(BlockCase{8, 272, 96, 48, 48}, BlockCase{25, 512, 80, 0, 64},
                                                          BlockCase{7, 300, 58, 16, 42}, BlockCase{6, 401, 48, 32, 16},
                                                          BlockCase{5, 22, 33, 16, 17}, BlockCase{13, 1100, 16, 0, 16}),
                                          testing::Values(Precision::f32, Precision::bf16)),
                         [](const auto& case_) {
                           const BlockCase& s = std::get<0>(case_.param);
                           return "n" + std::to_string(s.samples) + "_d" + std::to_string(s.in_features) + "_k" +
                                  std::to_string(s.out_features) + "_r" + std::to_string(s.rows) +
                                  (std::get<1>(case_.param) == Precision::f32 ? "_f32" : "_bf16");
                         });

TEST(TransposedPanels, hold_sixteen_rows_side_by_side_and_zeros_for_missing_ones) {
  constexpr std::int64_t kRows = 20, kColumns = 23, kRow = 29;
  const auto weight = values(kRows * kRow, 1);
  for (const VectorKernels* kernel : tests::isa_tables()) {
    std::vector<float> panels(2 * kColumns * 16, -1);
    kernel->panels.transpose(weight.data(), kRows, kColumns, kRow, false, panels.data());
    for (std::int64_t r = 0; r < 32; ++r)
      for (std::int64_t c = 0; c < kColumns; ++c)
        ASSERT_EQ(panels[static_cast<std::size_t>((r / 16 * kColumns + c) * 16 + r % 16)],
                  r < kRows ? weight[static_cast<std::size_t>(r * kRow + c)] : 0)
            << kernel->isa << ' ' << r << ' ' << c;
  }
}

TEST(TransposedPanels, can_round_to_bfloat16) {
  std::vector<float> weight(16 * 16), panels(16 * 16), rounded(16 * 16);
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = 1 + static_cast<float>(i) / 1024;
  std::vector<bf16> halves(16 * 16);
  for (const VectorKernels* kernel : tests::isa_tables()) {
    kernel->panels.transpose(weight.data(), 16, 16, 16, true, panels.data());
    kernel->b16.from_float(weight.data(), halves.data(), 256);
    kernel->b16.to_float(halves.data(), rounded.data(), 256);
    for (std::size_t i = 0; i < 256; ++i) ASSERT_EQ(panels[i % 16 * 16 + i / 16], rounded[i]) << kernel->isa << ' ' << i;
  }
}

}  // namespace
}  // namespace reprise::kernels
