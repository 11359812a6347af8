#include <gtest/gtest.h>

#include <cmath>

#include "reports/verdicts/rows.hpp"

namespace reprise::reports {
namespace {

catalog::PublishedNumber published(double value) {
  catalog::PublishedNumber number;
  number.metric = "test_error";
  number.unit = "percent";
  number.value = value;
  return number;
}

Sample sample_of(const std::vector<double>& values) {
  Sample sample;
  sample.metric = "test_error";
  sample.unit = "percent";
  sample.side.trial = "plain";
  sample.side.values = values;
  for (std::size_t i = 0; i < values.size(); ++i) sample.side.seeds.push_back(static_cast<std::int64_t>(i) + 1);
  sample.all_values = values;
  sample.all_seeds = sample.side.seeds;
  sample.side.spread = spread_of(values);
  return sample;
}

// Reference values of both: NumPy and SciPy, from the formulas of Student and Welch.
TEST(PublishedComparison, with_a_single_published_run_takes_its_spread_from_ours) {
  const Comparison comparison = compare_with(sample_of({1.0, 1.1, 1.2}), published(1.06));
  EXPECT_NEAR(comparison.estimate.value, -0.04, 1e-9) << "our error is larger, so we are worse";
  EXPECT_NEAR(comparison.estimate.half_width(), 0.4968275423500659, 1e-9);
}

TEST(PublishedComparison, with_published_spread_is_welchs) {
  catalog::PublishedNumber number = published(1.08);
  number.spread = 0.04;
  number.runs = 10;
  Sample sample = sample_of({1.0, 1.1, 1.2});
  EXPECT_NEAR(compare_with(sample, number).estimate.half_width(), 4.302652729749462 * std::sqrt(0.01 / 3 + 0.0016 / 10), 1e-9)
      << "three seeds of ours have their own degrees of freedom";
  sample.side.spread.borrowed = true;
  EXPECT_NEAR(compare_with(sample, number).estimate.half_width(), 0.23379323092794846, 1e-9);
}

TEST(PublishedComparison, better_is_about_quality) {
  catalog::PublishedNumber accuracy = published(90);
  accuracy.metric = "test_accuracy";
  EXPECT_GT(compare_with(sample_of({92, 91, 93}), accuracy).estimate.value, 0);
  EXPECT_GT(compare_with(sample_of({8, 9, 7}), published(10)).estimate.value, 0);
  EXPECT_LT(compare_with(sample_of({88, 89, 87}), accuracy).estimate.value, 0);
}

TEST(PublishedComparison, margin_is_the_papers_or_twice_the_spread_or_a_tenth_of_the_error) {
  catalog::PublishedNumber number = published(1.6);
  EXPECT_NEAR(margin_of(number), 0.16, 1e-12);
  number.spread = 0.1;
  EXPECT_NEAR(margin_of(number), 0.2, 1e-12);
  number.margin = 0.05;
  EXPECT_EQ(margin_of(number), 0.05);
  catalog::PublishedNumber accuracy = published(99.35);
  accuracy.metric = "test_accuracy";
  EXPECT_NEAR(margin_of(accuracy), 0.065, 1e-12);
}

TEST(PublishedComparison, has_four_words) {
  const auto decided = [](const std::vector<double>& values, double margin) {
    catalog::PublishedNumber number = published(1.5);
    number.margin = margin;
    number.spread = 0.01;
    number.runs = 20;
    return compare_with(sample_of(values), number);
  };
  const std::vector<double> near{1.49, 1.51, 1.5, 1.5, 1.49, 1.51, 1.5, 1.5}, low{1.2, 1.21, 1.2, 1.19, 1.2, 1.21, 1.2, 1.19},
      wide{1.2, 1.8, 1.4, 1.6, 1.1, 1.9, 1.5, 1.5};
  EXPECT_EQ(decided(near, 0.1).decision, Decision::inside);
  EXPECT_EQ(decided(low, 0.1).decision, Decision::outside);
  EXPECT_EQ(decided(low, 0.5).decision, Decision::inside) << "equivalent, however certain the difference";
  EXPECT_EQ(decided(wide, 0.1).decision, Decision::undecided);
  EXPECT_EQ(decided({1.5}, 0.1).decision, Decision::undecided) << "one seed is inconclusive";
  EXPECT_EQ(decided({1.5, 1.5}, 0.1).decision, Decision::undecided) << "two are before the first look";
}

TEST(Rows, say_the_four_words_with_numbers) {
  Row row;
  row.unit = "percent";
  row.published.emplace();
  row.margin = 0.16;
  row.comparison.emplace();
  row.comparison->left.seeds = {1, 2, 3};
  row.comparison->estimate = {-0.3, 0.1, 10};
  row.comparison->level = 0.05;
  row.likeness = Likeness::equivalent;
  EXPECT_EQ(row.verdict(), "equivalent within ±0.16");
  row.likeness = Likeness::worse;
  EXPECT_EQ(row.verdict(), "worse by 0.30 (0.08 to 0.52)");
  row.likeness = Likeness::inconclusive;
  EXPECT_EQ(row.verdict(), "inconclusive (±0.22)");
  row.comparison->level = 0;
  EXPECT_EQ(row.verdict(), "inconclusive (±0.22 with 3 seeds)");
  row.comparison->left.seeds = {1};
  EXPECT_EQ(row.verdict(), "inconclusive (one seed)");
  row.comparison->obstacle = "1 of 5 seeds failed";
  EXPECT_EQ(row.verdict(), "inconclusive (1 of 5 seeds failed)");
}

}  // namespace
}  // namespace reprise::reports
