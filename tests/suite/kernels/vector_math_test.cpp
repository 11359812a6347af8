// Elementwise vector kernels: accuracy of exp, log, logistic and tanh; conversion; both instruction sets give the same bits.

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "suite/random/random.hpp"
#include "tests/suite/kernels/isa_tables.hpp"
#include "tests/support/arrays.hpp"
#include "tests/support/tolerances.hpp"

namespace reprise::tests {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Error of `actual` in units of the spacing of floats at `exact`.
double ulps(float actual, double exact) {
  const int exponent = std::max(std::ilogb(exact), -126);
  return std::abs(static_cast<double>(actual) - exact) / std::exp2(exponent - 23);
}

std::vector<float> range(float from, float to, int count) {
  std::vector<float> values;
  for (int i = 0; i <= count; ++i) values.push_back(from + (to - from) * static_cast<float>(i) / static_cast<float>(count));
  return values;
}

double worst_ulps(void (*kernel)(const float*, float*, std::int64_t), const std::vector<float>& input, double (*exact)(double)) {
  std::vector<float> output(input.size());
  kernel(input.data(), output.data(), static_cast<std::int64_t>(input.size()));
  double worst = 0;
  for (std::size_t i = 0; i < input.size(); ++i) worst = std::max(worst, ulps(output[i], exact(static_cast<double>(input[i]))));
  return worst;
}

class VectorMath : public testing::TestWithParam<const kernels::VectorKernels*> {};
INSTANTIATE_TEST_SUITE_P(, VectorMath, testing::ValuesIn(isa_tables()), isa_name);

TEST_P(VectorMath, exp_is_within_two_ulps) {
  EXPECT_LT(worst_ulps(GetParam()->exp, range(-87, 88, 1'000'003), std::exp), 2.0);
}

TEST_P(VectorMath, log_is_within_two_ulps) {
  EXPECT_LT(worst_ulps(GetParam()->log, range(1e-6f, 4, 1'000'003), std::log), 2.0);
  EXPECT_LT(worst_ulps(GetParam()->log, range(4, 1e6f, 100'003), std::log), 2.0);
}

TEST_P(VectorMath, logistic_is_within_two_and_a_half_ulps) {
  const auto exact = [](double x) { return 1 / (1 + std::exp(-x)); };
  // exp 1.05, the sum and the quotient half each, up to twice as much where the result starts a binade.
  EXPECT_LT(worst_ulps(GetParam()->f32.logistic, range(-80, 30, 1'000'003), exact), 2.5);
}

TEST_P(VectorMath, tanh_is_within_two_ulps) {
  EXPECT_LT(worst_ulps(GetParam()->f32.tanh, range(-12, 12, 1'000'003), std::tanh), 2.0);
  EXPECT_LT(worst_ulps(GetParam()->f32.tanh, range(-1e-3f, 1e-3f, 10'003), std::tanh), 2.0);
}

TEST_P(VectorMath, limits_of_exp_logistic_and_tanh_are_exact) {
  const std::vector<float> input{0, -0.0f, -200, 200, -kInfinity, kInfinity};
  std::vector<float> output(input.size());
  GetParam()->exp(input.data(), output.data(), 6);
  EXPECT_EQ(output, (std::vector<float>{1, 1, 0, kInfinity, 0, kInfinity}));
  GetParam()->f32.logistic(input.data(), output.data(), 6);
  EXPECT_EQ(output, (std::vector<float>{0.5f, 0.5f, 0, 1, 0, 1}));
  GetParam()->f32.tanh(input.data(), output.data(), 6);
  EXPECT_EQ(output, (std::vector<float>{0, 0, -1, 1, -1, 1}));
}

TEST_P(VectorMath, nan_passes_through_every_activation) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto& k = GetParam()->f32;
  for (const auto kernel : {k.relu, k.logistic, k.tanh}) {
    float output = 0;
    kernel(&nan, &output, 1);
    EXPECT_TRUE(std::isnan(output));
  }
}

TEST_P(VectorMath, conversion_to_bf16_rounds_to_nearest_even) {
  std::vector<float> input{1.0f,
                           1.00390625f,
                           1.01171875f,
                           -1.00390626f,
                           3.4e38f,
                           kInfinity,
                           -kInfinity,
                           std::numeric_limits<float>::quiet_NaN(),
                           std::bit_cast<float>(0x7FFFFFFFu),
                           1e-40f,
                           0.0f,
                           -0.0f};
  random::Generator generator({1, random::Purpose::synthetic, 0, 0, 0});
  for (int i = 0; i < 10'000; ++i) input.push_back(std::bit_cast<float>(generator.next_word()));
  std::vector<kernels::bf16> output(input.size());
  GetParam()->b16.from_float(input.data(), output.data(), static_cast<std::int64_t>(input.size()));
  for (std::size_t i = 0; i < input.size(); ++i) EXPECT_EQ(output[i], nearest_bf16(input[i])) << input[i];
  std::vector<float> back(input.size());
  GetParam()->b16.to_float(output.data(), back.data(), static_cast<std::int64_t>(input.size()));
  for (std::size_t i = 0; i < input.size(); ++i)
    EXPECT_EQ(std::bit_cast<std::uint32_t>(back[i]), static_cast<std::uint32_t>(output[i]) << 16);
}

TEST_P(VectorMath, relu_rules_pass_what_they_say) {
  const std::vector<float> output{0, 2, 0, 2}, grad{1, 1, -1, -1};
  std::vector<float> result(4);
  const auto back = [&](kernels::Rule rule) {
    GetParam()->f32.relu_grad(output.data(), grad.data(), result.data(), 4, rule);
    return result;
  };
  EXPECT_EQ(back(kernels::Rule::gradient), (std::vector<float>{0, 1, 0, -1}));
  EXPECT_EQ(back(kernels::Rule::deconvnet), (std::vector<float>{1, 1, 0, 0}));
  EXPECT_EQ(back(kernels::Rule::guided), (std::vector<float>{0, 1, 0, 0}));
}

TEST_P(VectorMath, every_length_up_to_sixty_five_is_exact_and_writes_nothing_beyond) {
  for (std::int64_t n = 0; n <= 65; ++n) {
    const std::vector<float> a = stored<float>(random_numbers(1, n)), b = stored<float>(random_numbers(2, n));
    std::vector<float> sum(static_cast<std::size_t>(n) + 1, 77.0f);
    GetParam()->f32.add(a.data(), b.data(), sum.data(), n);
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(sum[i], a[i] + b[i]);
    EXPECT_EQ(sum.back(), 77.0f);
  }
}

TEST_P(VectorMath, one_bad_number_anywhere_is_found) {
  for (const std::int64_t n : {1, 16, 37}) {
    std::vector<float> values(static_cast<std::size_t>(n), 3e38f);
    EXPECT_TRUE(GetParam()->all_finite(values.data(), n));
    for (std::size_t i = 0; i < values.size(); ++i) {
      auto damaged = values;
      damaged[i] = i % 2 == 0 ? kInfinity : std::nanf("");
      EXPECT_FALSE(GetParam()->all_finite(damaged.data(), n)) << i << " of " << n;
    }
  }
}

}  // namespace
}  // namespace reprise::tests
