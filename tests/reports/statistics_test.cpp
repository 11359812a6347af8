#include "reports/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace reprise::reports {
namespace {

// Reference values: SciPy 1.x (stats.t, binomtest, ttest_1samp, proportion_ci "exact"), to the digits given.
constexpr double kDigits = 1e-9;

using Outcomes = std::vector<std::vector<std::int8_t>>;

TEST(Statistics, sample_deviation_divides_by_n_minus_one) {
  const Summary summary = summarize({1, 2, 3, 4});
  EXPECT_EQ(summary.n, 4);
  EXPECT_DOUBLE_EQ(summary.mean, 2.5);
  EXPECT_NEAR(summary.sd, std::sqrt(5.0 / 3), kDigits);
}

TEST(Statistics, one_value_has_no_deviation_and_none_has_no_mean) {
  EXPECT_TRUE(std::isnan(summarize({1}).sd));
  EXPECT_TRUE(std::isnan(summarize({}).mean));
}

TEST(Statistics, student_quantiles_are_the_tabulated_ones) {
  EXPECT_NEAR(student_t_quantile(0.975, 2), 4.302652729749462, kDigits);
  EXPECT_NEAR(student_t_quantile(0.975, 4), 2.7764451051977934, kDigits);
  EXPECT_NEAR(student_t_quantile(0.975, 7.5), 2.333039626864974, kDigits);
  EXPECT_NEAR(student_t_quantile(0.975, 10000), 1.960201239890626, kDigits);
}

TEST(Statistics, exact_binomial_is_two_sided_at_one_half) {
  EXPECT_NEAR(binomial_two_sided(1, 10), 22.0 / 1024, kDigits);  // 2 (1 + 10) / 2^10
  EXPECT_NEAR(binomial_two_sided(9, 10), 22.0 / 1024, kDigits);
  EXPECT_EQ(binomial_two_sided(5, 10), 1);
  EXPECT_NEAR(binomial_two_sided(3, 20), 0.0025768280029296875, kDigits);
  EXPECT_EQ(binomial_two_sided(0, 0), 1);
}

TEST(Statistics, exact_interval_of_a_proportion_agrees_with_scipy) {
  const Interval few = binomial_interval(106, 10000);
  EXPECT_NEAR(few.low, 0.008686342174170204, kDigits);
  EXPECT_NEAR(few.high, 0.012806135286426715, kDigits);
  const Interval none = binomial_interval(0, 20);
  EXPECT_EQ(none.low, 0);
  EXPECT_NEAR(none.high, 0.16843347098308548, kDigits);
}

// `left_only` images wrong only on the left, `right_only` only on the right, 5 wrong on both, 5 on neither.
McNemar mcnemar_of(int left_only, int right_only) {
  std::vector<std::int32_t> labels, left, right;
  const auto add = [&](int count, int l, int r) {
    for (int i = 0; i < count; ++i) {
      labels.push_back(0);
      left.push_back(l);
      right.push_back(r);
    }
  };
  add(left_only, 1, 0);
  add(right_only, 0, 1);
  add(5, 1, 2);
  add(5, 0, 0);
  return mcnemar(labels, left, right);
}

TEST(Statistics, mcnemar_is_exact_for_few_discordant_images) {
  const McNemar test = mcnemar_of(1, 9);
  EXPECT_EQ(test.left_only_wrong, 1);
  EXPECT_EQ(test.right_only_wrong, 9);
  EXPECT_EQ(test.method, "exact");
  EXPECT_NEAR(test.p, 22.0 / 1024, kDigits);
}

TEST(Statistics, mcnemar_is_mid_p_from_25_discordant_images_on) {
  EXPECT_EQ(mcnemar_of(4, 20).method, "exact");
  EXPECT_EQ(mcnemar_of(5, 20).method, "mid-p");
  EXPECT_NEAR(mcnemar_of(10, 20).p, 0.07075554598122843, kDigits);
  EXPECT_NEAR(mcnemar_of(88, 41).p, 3.092192388382906e-05, 1e-13);
}

TEST(Statistics, mcnemar_refuses_lengths_that_differ) {
  EXPECT_THROW(mcnemar({0, 1}, {0, 1}, {0}), std::invalid_argument);
}

TEST(Statistics, paired_t_has_n_minus_one_degrees_of_freedom) {
  const PairedT test = paired_t({0.30, 0.25, 0.26});
  EXPECT_NEAR(test.t, 17.675649109115387, 1e-6);
  EXPECT_NEAR(test.p, 0.0031854460913285933, kDigits);
  EXPECT_TRUE(std::isnan(paired_t({0.3}).p));
}

TEST(Statistics, paired_t_of_equal_differences_is_certain) {
  EXPECT_EQ(paired_t({0, 0, 0}).p, 1);
  EXPECT_EQ(paired_t({0.5, 0.5, 0.5}).p, 0);
}

// Three seeds on ten images; value, variances and width computed with NumPy from the definition.
const Outcomes kTenImages{{1, 0, 0, -1, 1, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 1, 0, -1, 0, 0, 0}, {1, 1, 0, 0, 0, 0, 0, 0, 0, 0}};

TEST(Estimate, adds_the_squared_half_widths_of_seeds_and_images) {
  const Estimate estimate = estimate_from_outcomes(kTenImages, 100);
  EXPECT_NEAR(estimate.value, 40.0 / 3, kDigits);
  EXPECT_NEAR(estimate.seed_variance, 100.0 / 3, kDigits);
  EXPECT_NEAR(estimate.image_variance, 25000.0 / 9, 1e-6);
  EXPECT_NEAR(estimate.residual_variance, 13000.0 / 9, 1e-6);
  EXPECT_NEAR(estimate.high - estimate.value, 40.338387595550984, 1e-6);
  EXPECT_NEAR(estimate.value - estimate.low, 40.338387595550984, 1e-6);
}

TEST(Estimate, of_one_seed_knows_image_sampling_only) {
  const Estimate estimate = estimate_from_outcomes({kTenImages.front()}, 100);
  EXPECT_FALSE(estimate.seed_spread_known);
  EXPECT_NEAR(estimate.high - estimate.value, 46.48291097089942, 1e-6);
}

TEST(Estimate, of_one_scalar_is_unbounded) {
  const Estimate estimate = estimate_from_seeds({0.7});
  EXPECT_TRUE(std::isinf(estimate.high));
  EXPECT_TRUE(std::isinf(estimate.low));
}

TEST(Estimate, of_scalars_is_the_t_interval) {
  const Estimate estimate = estimate_from_seeds({1.0, 1.1, 1.2});
  EXPECT_NEAR(estimate.high - 1.1, 4.302652729749462 * 0.1 / std::sqrt(3.0), kDigits);
}

TEST(Estimate, of_nets_that_never_disagree_has_a_width) {
  const Estimate estimate = estimate_from_outcomes(Outcomes(3, std::vector<std::int8_t>(1000, 0)), 100);
  EXPECT_EQ(estimate.value, 0);
  EXPECT_GT(estimate.high, 0.1);  // one discordant image of 1000 is 0.1 points
}

TEST(Estimate, more_seeds_narrow_it_down_to_what_the_images_leave) {
  const Estimate estimate = estimate_from_outcomes(kTenImages, 100);
  EXPECT_DOUBLE_EQ(estimate.half_width_with(3), estimate.high - estimate.value);
  double before = estimate.half_width_with(2);
  for (int seeds : {3, 4, 6, 10, 100, 1000}) {
    EXPECT_LT(estimate.half_width_with(seeds), before);
    before = estimate.half_width_with(seeds);
  }
  const double of_images = estimate.image_variance - estimate.residual_variance / 3;
  EXPECT_GT(before, student_t_quantile(0.975, 9) * std::sqrt(of_images / 10));
}

TEST(Estimate, refuses_seeds_that_saw_different_images) {
  EXPECT_THROW(estimate_from_outcomes({{0, 1}, {0, 1, 0}}, 100), std::invalid_argument);
  EXPECT_THROW(estimate_from_outcomes({}, 100), std::invalid_argument);
}

// How often the interval holds the true difference, 0 by symmetry, of two nets whose seeds shift their whole error by a normal
// variable of this deviation, on images of varying difficulty; all drawn anew for each trial.
double coverage(int seeds, double shift) {
  std::mt19937 generator(20240917);
  std::normal_distribution<double> normal;
  constexpr int kTrials = 800, kImages = 400;
  int covered = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> difficulty(kImages);
    for (double& value : difficulty) value = 1.5 * normal(generator);
    Outcomes outcomes;
    for (int seed = 0; seed < seeds; ++seed) {
      const double left_shift = shift * normal(generator), right_shift = shift * normal(generator);
      std::vector<std::int8_t> row;
      for (double hard : difficulty) {
        const int left = hard + left_shift + normal(generator) > 2, right = hard + right_shift + normal(generator) > 2;
        row.push_back(static_cast<std::int8_t>(left - right));
      }
      outcomes.push_back(row);
    }
    const Estimate estimate = estimate_from_outcomes(outcomes, 100);
    covered += estimate.low <= 0 && estimate.high >= 0;
  }
  return static_cast<double>(covered) / kTrials;
}

// An interval without the seeds' part covers less than 0.8 here, one without the images' part less than 0.94 with infinitely many
// trials. Over 800 trials a coverage of 0.95 has a deviation of 0.008.
TEST(Estimate, covers_the_truth_in_19_of_20_trials) {
  EXPECT_GE(coverage(3, 0.15), 0.93);
}

// Two seeds that lie close by chance: one number of degrees of freedom for the sum of both parts covers 0.87 to 0.9.
TEST(Estimate, covers_the_truth_with_two_seeds_that_differ_strongly) {
  EXPECT_GE(coverage(2, 0.5), 0.93);
}

}  // namespace
}  // namespace reprise::reports
