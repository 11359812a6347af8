#include "reports/statistics/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "reports/statistics/decision.hpp"

namespace reprise::reports {
namespace {

// Reference values: NumPy and SciPy 1.x, to the digits given; those of spreads from Smyth's formulas.
constexpr double kDigits = 1e-9;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

MeanOfRuns mean_of(const std::vector<double>& values) {
  return {summarize(values).mean, spread_of(values), static_cast<double>(values.size())};
}

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

TEST(Statistics, student_quantiles_and_tails_are_the_tabulated_ones) {
  EXPECT_NEAR(student_t_quantile(0.975, 2), 4.302652729749462, kDigits);
  EXPECT_NEAR(student_t_quantile(0.975, 7.5), 2.333039626864974, kDigits);
  EXPECT_NEAR(student_t_quantile(0.975, 10000), 1.960201239890626, kDigits);
  EXPECT_NEAR(student_t_two_sided(-2.333039626864974, 7.5), 0.05, kDigits);
}

TEST(Statistics, a_difference_of_means_is_welchs) {
  const MeanEstimate estimate = difference_of(mean_of({2.0, 2.3, 2.2, 2.6}), mean_of({1.0, 1.6, 1.1, 1.4, 0.9}));
  EXPECT_NEAR(estimate.df, 6.928263891243176, kDigits);
  EXPECT_NEAR(estimate.value / estimate.error, 5.951592722851364, kDigits);
  EXPECT_NEAR(estimate.value - estimate.half_width(), 0.6469941790487778, kDigits);
  EXPECT_NEAR(p_value(estimate, {0, kInfinity, false}), 0.0005916661030951898, kDigits);
}

// Welch's interval of 2 seeds against 8 covers 89 of 100 where the two spread more.
TEST(Statistics, a_side_of_three_seeds_beside_more_has_its_own_degrees_of_freedom) {
  const MeanOfRuns three = mean_of({2.0, 2.3, 2.2}), five = mean_of({1.0, 1.6, 1.1, 1.4, 0.9});
  EXPECT_EQ(difference_of(three, five).df, 2);
  MeanOfRuns borrowing = three;
  borrowing.spread.borrowed = true;
  EXPECT_NEAR(difference_of(borrowing, five).df, 5.989822036195007, kDigits);
  EXPECT_NEAR(difference_of(three, mean_of({1.0, 1.6, 1.1})).df, 3.0, 1);
  EXPECT_GT(difference_of(three, mean_of({1.0, 1.6, 1.1})).df, 2);
}

TEST(Statistics, one_seed_has_no_interval) {
  EXPECT_EQ(estimate_of(mean_of({2})).half_width(), kInfinity);
  EXPECT_EQ(difference_of(mean_of({2}), mean_of({1, 2, 3})).half_width(), kInfinity);
  EXPECT_EQ(estimate_of(mean_of({2, 3})).half_width(0), kInfinity);
  EXPECT_EQ(estimate_of(mean_of({2, 2})).half_width(), 0);
}

TEST(Statistics, new_images_add_their_variance_with_their_own_degrees_of_freedom) {
  const MeanEstimate estimate{1, 0.3, 4};
  const double seeds = 0.3 * 2.7764451051977934, images = std::sqrt(16.0 / 10001) * 1.960201239890626;
  EXPECT_NEAR(half_width_on_new_images(estimate, 16, 10001), std::sqrt(seeds * seeds + images * images), kDigits);
}

TEST(Statistics, false_discovery_rates_are_those_of_benjamini_and_hochberg) {
  const std::vector<double> rates = false_discovery_rates({0.01, 0.04, 0.03, 0.5});
  EXPECT_NEAR(rates[0], 0.04, kDigits);
  EXPECT_NEAR(rates[1], 0.04 * 4 / 3, kDigits);
  EXPECT_NEAR(rates[2], 0.04 * 4 / 3, kDigits);  // not 0.06: a smaller p never has a larger rate
  EXPECT_NEAR(rates[3], 0.5, kDigits);
  EXPECT_TRUE(false_discovery_rates({}).empty());
}

std::vector<Spread> spreads_of(const std::vector<double>& variances, const std::vector<double>& df) {
  std::vector<Spread> spreads;
  for (std::size_t i = 0; i < variances.size(); ++i) spreads.push_back({variances[i], df[i], false});
  return spreads;
}

TEST(Spread, of_unlike_trials_is_worth_little_and_not_below_the_upper_quartile) {
  const auto prior = prior_spread(spreads_of({0.1, 0.4, 1, 2, 5, 20, 60, 0.2}, {2, 2, 1, 2, 4, 2, 2, 2}));
  ASSERT_TRUE(prior);
  EXPECT_NEAR(prior->df, 1.3695525861747482, 1e-6);
  EXPECT_NEAR(prior->variance, 8.75, kDigits);
  EXPECT_EQ(prior->total_df, 17);
}

TEST(Spread, of_like_trials_is_smyths_and_worth_no_more_than_the_cap) {
  const auto prior = prior_spread(spreads_of({1, 1.1, 1.2, 0.9, 1, 1.05, 1.3, 0.8, 0}, {2, 2, 2, 2, 2, 2, 2, 2, 2}));
  ASSERT_TRUE(prior);
  EXPECT_EQ(prior->df, kMaxPriorDf);
  EXPECT_NEAR(prior->variance, 1.8399730544342052, kDigits);
  EXPECT_EQ(prior->total_df, 16) << "a trial without spread is passed over";
}

TEST(Spread, needs_eight_trials_to_be_borrowed) {
  EXPECT_FALSE(prior_spread(spreads_of({1, 1, 1, 1, 1, 1, 1, 0}, {2, 2, 2, 2, 2, 2, 2, 2})));
}

TEST(Spread, is_borrowed_by_two_or_three_seeds_only) {
  const PriorSpread prior{4, 2, 100};
  const Spread two = moderated({1, 1, false}, prior), four = moderated({1, 3, false}, prior), one = moderated({}, prior);
  EXPECT_NEAR(two.variance, (2 * 4 + 1 * 1) / 3.0, kDigits);
  EXPECT_EQ(two.df, 3);
  EXPECT_TRUE(two.borrowed);
  EXPECT_EQ(four.variance, 1);
  EXPECT_EQ(one.df, 0);
  EXPECT_FALSE(moderated({1, 1, false}, std::nullopt).borrowed);
}

TEST(Decision, is_inside_outside_or_neither) {
  const Region gain{0, kInfinity, false}, within{-0.5, 0.5, true};
  EXPECT_EQ(decide({1, 0.1, 10}, gain, 0.05), Decision::inside);
  EXPECT_EQ(decide({-1, 0.1, 10}, gain, 0.05), Decision::outside);
  EXPECT_EQ(decide({0.1, 0.1, 10}, gain, 0.05), Decision::undecided);
  EXPECT_EQ(decide({0.1, 0.1, 10}, within, 0.05), Decision::inside);
  EXPECT_EQ(decide({1, 0.1, 10}, within, 0.05), Decision::outside);
  EXPECT_EQ(decide({1, 0.1, 10}, gain, 0), Decision::undecided) << "at level 0 nothing is decided";
  EXPECT_EQ(decide({1, kInfinity, 0}, gain, 0.05), Decision::undecided);
}

TEST(Decision, a_bound_itself_belongs_to_closed_regions) {
  EXPECT_EQ(decide({1, 0, 2}, {1, kInfinity, true}, 0.05), Decision::inside);
  EXPECT_EQ(decide({1, 0, 2}, {1, kInfinity, false}, 0.05), Decision::undecided);
}

TEST(Decision, the_p_value_is_the_level_at_which_it_turns) {
  for (const Region& region : {Region{0, kInfinity, false}, Region{-0.5, 0.5, true}, Region{-kInfinity, 1.2, true}}) {
    const MeanEstimate estimate{0.3, 0.2, 5};
    const double p = p_value(estimate, region);
    EXPECT_EQ(decide(estimate, region, p * 0.999), Decision::undecided);
    EXPECT_NE(decide(estimate, region, p * 1.001), Decision::undecided);
  }
}

Comparison part(double value, Decision decision) {
  Comparison comparison;
  comparison.left.trial = "a";
  comparison.right.trial = "b";
  comparison.left.seeds = comparison.right.seeds = {1, 2, 3, 4, 5};
  comparison.region = {0, kInfinity, false};
  comparison.estimate = {value, 0.1, 8};
  comparison.level = 0.05;
  comparison.p = p_value(comparison.estimate, comparison.region);
  comparison.decision = decision;
  return comparison;
}

TEST(Decision, of_several_parts_holds_if_all_do) {
  std::vector<Comparison> parts{part(1, Decision::inside), part(0.5, Decision::inside)};
  parts[1].left.seeds.pop_back();
  const Whole whole = decide_all(parts);
  EXPECT_EQ(whole.decision, Decision::inside);
  EXPECT_EQ(whole.seeds, 4);
  EXPECT_EQ(whole.p, parts[1].p);
}

TEST(Decision, of_several_parts_is_refuted_by_one_at_a_divided_level) {
  std::vector<Comparison> clear{part(1, Decision::inside), part(-1, Decision::outside)};
  EXPECT_EQ(decide_all(clear).decision, Decision::outside);
  std::vector<Comparison> close{part(1, Decision::inside), part(-0.25, Decision::outside)};  // p between 0.025 and 0.05
  ASSERT_LT(close[1].p, 0.05);
  ASSERT_GT(close[1].p, 0.025);
  EXPECT_EQ(decide_all(close).decision, Decision::undecided);
}

TEST(Decision, of_several_parts_waits_for_preconditions) {
  std::vector<Comparison> parts{part(1, Decision::inside), part(1, Decision::undecided)};
  parts[1].obstacle = "b: one class for all images";
  EXPECT_EQ(decide_all(parts).decision, Decision::undecided);
}

}  // namespace
}  // namespace reprise::reports
