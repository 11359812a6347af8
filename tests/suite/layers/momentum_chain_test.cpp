#include "suite/layers/momentum_chain.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "suite/errors.hpp"
#include "tests/support/arrays.hpp"

namespace reprise::tests {
namespace {

TEST(ExactChain, holds_numbers_that_fit_and_nothing_else) {
  const float good[] = {0.0f, -4194303.0f, 1e-30f}, large[] = {0.0f, 4194304.0f}, none[] = {std::numeric_limits<float>::quiet_NaN()},
              infinite[] = {-std::numeric_limits<float>::infinity()};
  EXPECT_TRUE(layers::ExactChain::holds(good, 3));
  EXPECT_FALSE(layers::ExactChain::holds(large, 2));
  EXPECT_FALSE(layers::ExactChain::holds(none, 1));
  EXPECT_FALSE(layers::ExactChain::holds(infinite, 1));
}

TEST(ExactChain, goes_back_over_300_steps_bit_by_bit) {
  const layers::Momentum gamma(0.9);
  EXPECT_EQ(gamma.numerator, 9u);
  EXPECT_EQ(gamma.denominator, 10u);
  ASSERT_GE(gamma.exact_steps(), 300);
  constexpr std::int64_t kCount = 64;
  std::vector<float> start(kCount), f(kCount);
  const auto fill = [](std::vector<float>& numbers, std::uint64_t seed) {
    const Doubles random = random_numbers(seed, kCount);
    for (std::size_t i = 0; i < kCount; ++i) numbers[i] = static_cast<float>(random[i]);
  };
  fill(start, 1);
  std::vector<std::int64_t> x(kCount), v(kCount, 0);
  std::vector<std::uint64_t> remainders(kCount, 0);
  layers::ExactChain::start(start.data(), kCount, x.data());
  const std::vector<std::int64_t> first = x;
  for (std::uint64_t step = 0; step < 300; ++step) {
    fill(f, 100 + step);
    layers::ExactChain::forward(gamma, f.data(), kCount, x.data(), v.data(), remainders.data());
  }
  EXPECT_NE(x, first);
  for (std::uint64_t step = 300; step-- > 0;) {
    layers::ExactChain::subtract(x.data(), v.data(), kCount);
    fill(f, 100 + step);
    layers::ExactChain::back(gamma, f.data(), kCount, v.data(), remainders.data());
  }
  EXPECT_EQ(x, first);
  EXPECT_EQ(v, std::vector<std::int64_t>(kCount, 0));
  EXPECT_EQ(remainders, std::vector<std::uint64_t>(kCount, 0));
}

TEST(FloatChain, goes_a_step_and_back_by_hand) {
  const layers::Momentum half(0.5);
  float x = 0, v = 0;
  const float start = 3, f = 2;
  layers::FloatChain::start(&start, 1, &x);
  layers::FloatChain::forward(half, &f, 1, &x, &v, nullptr);
  EXPECT_EQ(v, 1);  // 1/2 * 0 + 1/2 * 2
  EXPECT_EQ(x, 4);
  layers::FloatChain::forward(half, &f, 1, &x, &v, nullptr);
  EXPECT_EQ(v, 1.5f);
  EXPECT_EQ(x, 5.5f);
  layers::FloatChain::subtract(&x, &v, 1);
  layers::FloatChain::back(half, &f, 1, &v, nullptr);
  EXPECT_EQ(x, 4);
  EXPECT_EQ(v, 1);
}

TEST(Momentum, is_a_fraction_of_thousandths) {
  EXPECT_EQ(layers::Momentum(0.25).value(), 0.25);
  EXPECT_EQ(layers::Momentum(0.9994).numerator, 999u);
  for (const double gamma : {1.0, 0.0004, -0.5}) EXPECT_THROW(layers::Momentum{gamma}, InputError) << gamma;
}

}  // namespace
}  // namespace reprise::tests
