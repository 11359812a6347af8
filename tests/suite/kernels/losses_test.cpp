// Losses of one sample against double, by hand and on sizes with remainders.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "suite/kernels/reference/elementwise.hpp"
#include "tests/suite/kernels/isa_tables.hpp"
#include "tests/support/arrays.hpp"
#include "tests/support/tolerances.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;

class Losses : public testing::TestWithParam<const kernels::VectorKernels*> {};
INSTANTIATE_TEST_SUITE_P(, Losses, testing::ValuesIn(isa_tables()), isa_name);

TEST_P(Losses, even_logits_cost_log_of_the_number_of_classes) {
  const std::vector<float> logits(10, 3.0f);
  std::vector<float> grad(10);
  std::int32_t prediction = -1;
  EXPECT_NEAR(GetParam()->f32.softmax_cross_entropy(logits.data(), 10, 4, 0, 1, grad.data(), &prediction), std::log(10.0), 1e-6);
  EXPECT_EQ(prediction, 0);  // the first of equals
  EXPECT_NEAR(static_cast<double>(grad[4]), -0.9, 1e-6);
  EXPECT_NEAR(static_cast<double>(grad[3]), 0.1, 1e-6);
}

TEST_P(Losses, logits_of_a_thousand_do_not_overflow) {
  const std::vector<float> logits{1000, -1000, 0};
  std::vector<float> grad(3);
  EXPECT_EQ(GetParam()->f32.softmax_cross_entropy(logits.data(), 3, 1, 0, 1, grad.data(), nullptr), 2000.0);
  EXPECT_EQ(grad, (std::vector<float>{1, -1, 0}));
}

TEST_P(Losses, a_bad_logit_gives_a_loss_that_is_not_finite) {
  for (const float bad : {std::nanf(""), HUGE_VALF}) {
    std::vector<float> logits(17, 1.0f), grad(17);
    logits[16] = bad;
    std::int32_t prediction = 0;
    EXPECT_FALSE(std::isfinite(GetParam()->f32.softmax_cross_entropy(logits.data(), 17, 2, 0.1f, 1, grad.data(), &prediction)));
    EXPECT_FALSE(std::isfinite(GetParam()->f32.squared_error(logits.data(), grad.data(), 17, 1, nullptr)));
  }
}

TEST_P(Losses, value_and_gradient_equal_the_reference) {
  for (const std::int64_t K : {1, 2, 3, 10, 16, 17, 100, 1000}) {
    const Doubles value = random_numbers(1, K);
    Doubles target = random_numbers(2, K);
    for (double& t : target) t = std::min(1.0, std::abs(t));
    const std::size_t label = static_cast<std::size_t>(K * 2 / 3);
    const auto check = [&](auto tag, Precision precision) {
      using T = decltype(tag);
      const auto& k = GetParam()->of<T>();
      const auto stored_value = stored<T>(value), stored_target = stored<T>(target);
      std::vector<T> grad(value.size());
      const auto compare = [&](double loss, const reference::LossAndGradient& expected) {
        EXPECT_NEAR(loss, expected.loss, sum_of(static_cast<double>(K) / 16) * kRoundoffF32 * std::max(1.0, std::abs(expected.loss)) * 4)
            << K;
        EXPECT_NEAR_ARRAY(read_back(grad.data(), K), expected.gradient, 1, tolerance(kTranscendental, precision));
      };
      for (const double smoothing : {0.0, 0.125})
        compare(k.softmax_cross_entropy(stored_value.data(), K, static_cast<std::int64_t>(label), static_cast<float>(smoothing), 1,
                                        grad.data(), nullptr),
                reference::softmax_cross_entropy(value, label, smoothing));
      Doubles shares = target;
      double total = 0;
      for (const double share : shares) total += share;
      for (double& share : shares) share = static_cast<float>(share / total);
      const auto stored_shares = stored<float>(shares);
      compare(k.soft_target_cross_entropy(stored_value.data(), stored_shares.data(), K, 1, grad.data(), nullptr),
              reference::soft_target_cross_entropy(value, shares));
      compare(k.squared_error(stored_value.data(), stored_target.data(), K, 1, grad.data()), reference::squared_error(value, target));
      compare(k.logistic_cross_entropy(stored_value.data(), stored_target.data(), K, 1, grad.data()),
              reference::logistic_cross_entropy(value, target));
    };
    check(float{}, Precision::f32);
    check(kernels::bf16{}, Precision::bf16);
  }
}

TEST_P(Losses, gradient_is_scaled_and_prediction_is_the_first_maximum) {
  const std::vector<float> logits{0, 1, 5, 5, 2};
  std::vector<float> whole(5), half(5);
  std::int32_t prediction = -1;
  GetParam()->f32.softmax_cross_entropy(logits.data(), 5, 0, 0, 1, whole.data(), &prediction);
  GetParam()->f32.softmax_cross_entropy(logits.data(), 5, 0, 0, 0.5f, half.data(), nullptr);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(half[i], whole[i] / 2);
  EXPECT_EQ(prediction, 2);
  EXPECT_EQ(GetParam()->f32.first_maximum(logits.data(), 5), 2);
}

TEST_P(Losses, gradient_is_the_difference_quotient_of_the_reference_loss) {
  Doubles value = random_numbers(1, 7);
  const reference::LossAndGradient at = reference::softmax_cross_entropy(value, 3, 0.2);
  for (std::size_t i = 0; i < value.size(); ++i) {
    Doubles above = value, below = value;
    above[i] += kDifferenceStep, below[i] -= kDifferenceStep;
    const double quotient = (reference::softmax_cross_entropy(above, 3, 0.2).loss - reference::softmax_cross_entropy(below, 3, 0.2).loss) /
                            (2 * kDifferenceStep);
    EXPECT_NEAR(at.gradient[i], quotient, kDifferenceError);
  }
}

}  // namespace
}  // namespace reprise::tests
