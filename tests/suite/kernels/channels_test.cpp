// Per-channel sums and maps on channel counts with remainders.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "suite/kernels/reference/elementwise.hpp"
#include "tests/suite/kernels/isa_tables.hpp"
#include "tests/support/arrays.hpp"
#include "tests/support/tolerances.hpp"

namespace reprise::tests {
namespace {

constexpr std::int64_t kChannelCounts[] = {1, 3, 10, 16, 17, 24, 64, 100, 513};

class Channels : public testing::TestWithParam<const kernels::VectorKernels*> {};
INSTANTIATE_TEST_SUITE_P(, Channels, testing::ValuesIn(isa_tables()), isa_name);

TEST_P(Channels, sums_of_a_million_numbers_keep_six_digits) {
  for (const std::int64_t C : {1, 10, 64}) {
    const std::int64_t rows = 1'000'000 / C;
    std::vector<float> input = stored<float>(random_numbers(1, rows * C));
    for (float& x : input) x = std::abs(x) + 3.0f;
    std::vector<double> sum(static_cast<std::size_t>(C)), square(sum.size()), exact(sum.size()), exact_square(sum.size());
    GetParam()->f32.sums(input.data(), rows, C, sum.data(), square.data());
    for (std::size_t i = 0; i < input.size(); ++i) {
      const double x = static_cast<double>(input[i]);
      exact[i % exact.size()] += x, exact_square[i % exact.size()] += x * x;
    }
    for (std::size_t c = 0; c < sum.size(); ++c) {
      EXPECT_NEAR(sum[c] / exact[c], 1, 1e-6);
      EXPECT_NEAR(square[c] / exact_square[c], 1, 1e-6);
    }
  }
}

TEST_P(Channels, sums_equal_the_reference_for_every_number_of_rows) {
  for (const std::int64_t C : kChannelCounts)
    for (const std::int64_t rows : {0, 1, 2, 15, 16, 17, 300}) {
      const Doubles x = random_numbers(1, rows * C), dy = random_numbers(2, rows * C), mean = random_numbers(3, C),
                    inverse = random_numbers(4, C);
      const auto size = static_cast<std::size_t>(C);
      Doubles sum(size, 9.0), square(size, 9.0), expected_sum(size), expected_square(size), expected_product(size), expected_dy(size);
      for (std::size_t i = 0; i < x.size(); ++i) {
        expected_sum[i % size] += x[i], expected_square[i % size] += x[i] * x[i];
        expected_dy[i % size] += dy[i], expected_product[i % size] += dy[i] * (x[i] - mean[i % size]) * inverse[i % size];
      }
      const auto check = [&](auto tag) {
        using T = decltype(tag);
        const auto& k = GetParam()->of<T>();
        const double n = static_cast<double>(rows);
        k.sums(stored<T>(x).data(), rows, C, sum.data(), square.data());
        EXPECT_NEAR_ARRAY(sum, expected_sum, sum_of(16), kRoundoffF32, n);
        EXPECT_NEAR_ARRAY(square, expected_square, sum_of(16), kRoundoffF32, n);
        k.grad_sums(stored<T>(dy).data(), stored<T>(x).data(), C, rows, C, stored<float>(mean).data(), stored<float>(inverse).data(),
                    sum.data(), square.data());
        EXPECT_NEAR_ARRAY(sum, expected_dy, sum_of(16), kRoundoffF32, n);
        EXPECT_NEAR_ARRAY(square, expected_product, sum_of(16), kRoundoffF32, 4 * n);
      };
      check(float{});
      check(kernels::bf16{});
    }
}

TEST_P(Channels, affine_and_norm_grad_equal_the_formula) {
  for (const std::int64_t C : kChannelCounts)
    for (const std::int64_t rows : {1, 7, 33}) {
      const auto size = static_cast<std::size_t>(C);
      const Doubles x = random_numbers(1, rows * C), dy = random_numbers(2, rows * C), center = random_numbers(3, C),
                    a = random_numbers(4, C), b = random_numbers(5, C), c = random_numbers(6, C);
      Doubles affine, rectified, gradient;
      for (std::size_t i = 0; i < x.size(); ++i) {
        affine.push_back((x[i] - center[i % size]) * a[i % size] + b[i % size]);
        rectified.push_back(std::max(0.0, affine.back()));
        gradient.push_back(a[i % size] * dy[i] + (b[i % size] * (x[i] - center[i % size]) + c[i % size]));
      }
      const auto check = [&](auto tag, Precision precision) {
        using T = decltype(tag);
        const auto& k = GetParam()->of<T>();
        const auto input = stored<T>(x), grad = stored<T>(dy);
        const auto fc = stored<float>(center), fa = stored<float>(a), fb = stored<float>(b), fd = stored<float>(c);
        std::vector<T> output(x.size());
        k.affine(input.data(), C, output.data(), rows, C, fc.data(), fa.data(), fb.data(), false);
        EXPECT_NEAR_ARRAY(read_back(output.data(), rows * C), affine, 1, tolerance(kElementwise, precision));
        k.affine(input.data(), C, output.data(), rows, C, fc.data(), fa.data(), fb.data(), true);
        EXPECT_NEAR_ARRAY(read_back(output.data(), rows * C), rectified, 1, tolerance(kElementwise, precision), 1);
        k.norm_grad(grad.data(), input.data(), C, output.data(), rows, C, fc.data(), fa.data(), fb.data(), fd.data());
        EXPECT_NEAR_ARRAY(read_back(output.data(), rows * C), gradient, 1, tolerance(kElementwise, precision));
      };
      check(float{}, Precision::f32);
      check(kernels::bf16{}, Precision::bf16);
    }
}

/// `rows` rows of C values as the first ones of rows of `pitch`, the others filled with something else.
template <class T>
std::vector<T> widened(const std::vector<T>& tight, std::int64_t rows, std::int64_t C, std::int64_t pitch) {
  std::vector<T> wide(static_cast<std::size_t>(rows * pitch), stored<T>({77.0})[0]);
  for (std::int64_t row = 0; row < rows; ++row) std::copy_n(tight.begin() + row * C, C, wide.begin() + row * pitch);
  return wide;
}

TEST_P(Channels, rows_that_lie_apart_give_the_bits_of_adjacent_rows) {
  for (const std::int64_t C : kChannelCounts)
    for (const std::int64_t rows : {0, 1, 7, 16, 300}) {
      const std::int64_t pitch = C + 12;
      const auto check = [&](auto tag) {
        using T = decltype(tag);
        const auto& k = GetParam()->of<T>();
        const std::vector<T> x = stored<T>(random_numbers(1, rows * C)), dy = stored<T>(random_numbers(2, rows * C)),
                             wide = widened(x, rows, C, pitch);
        const auto mean = stored<float>(random_numbers(3, C)), a = stored<float>(random_numbers(4, C)),
                   b = stored<float>(random_numbers(5, C)), c = stored<float>(random_numbers(6, C));
        std::vector<T> expected(x.size()), found(x.size());
        k.affine(x.data(), C, expected.data(), rows, C, mean.data(), a.data(), b.data(), false);
        k.affine(wide.data(), pitch, found.data(), rows, C, mean.data(), a.data(), b.data(), false);
        EXPECT_EQ(found, expected) << C << " channels, " << rows << " rows";
        k.norm_grad(dy.data(), x.data(), C, expected.data(), rows, C, mean.data(), a.data(), b.data(), c.data());
        k.norm_grad(dy.data(), wide.data(), pitch, found.data(), rows, C, mean.data(), a.data(), b.data(), c.data());
        EXPECT_EQ(found, expected) << C << " channels, " << rows << " rows";
        Doubles sum(static_cast<std::size_t>(C)), product(sum), wide_sum(sum), wide_product(sum);
        k.grad_sums(dy.data(), x.data(), C, rows, C, mean.data(), a.data(), sum.data(), product.data());
        k.grad_sums(dy.data(), wide.data(), pitch, rows, C, mean.data(), a.data(), wide_sum.data(), wide_product.data());
        EXPECT_EQ(wide_sum, sum) << C << " channels, " << rows << " rows";
        EXPECT_EQ(wide_product, product) << C << " channels, " << rows << " rows";
        k.add(x.data(), dy.data(), expected.data(), rows * C);
        std::vector<T> into = wide;
        k.add_rows(into.data(), pitch, dy.data(), rows, C);
        EXPECT_EQ(into, widened(expected, rows, C, pitch)) << "and nothing beside the rows";
      };
      check(float{});
      check(kernels::bf16{});
    }
}

TEST_P(Channels, column_sum_and_broadcast_are_transposes) {
  for (const std::int64_t C : kChannelCounts) {
    const std::int64_t rows = 49;
    const Doubles x = random_numbers(1, rows * C), dy = random_numbers(2, C);
    std::vector<float> sum(static_cast<std::size_t>(C)), spread(x.size());
    GetParam()->f32.column_sum(stored<float>(x).data(), rows, C, 0.25f, sum.data());
    GetParam()->f32.broadcast_rows(stored<float>(dy).data(), 0.25f, rows, C, spread.data());
    double left = 0, right = 0;
    for (std::size_t c = 0; c < dy.size(); ++c) left += static_cast<double>(sum[c]) * dy[c];
    for (std::size_t i = 0; i < x.size(); ++i) right += static_cast<double>(spread[i]) * x[i];
    EXPECT_NEAR(left, right, sum_of(49) * kRoundoffF32 * static_cast<double>(rows * C));
  }
}

}  // namespace
}  // namespace reprise::tests
