#include "reports/verdict.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace reprise::reports {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Scalars around `mean` with sample deviation `sd`, three seeds: half-width 4.303 sd / sqrt(3) = 2.484 sd.
Estimate three_seeds(double mean, double sd) {
  return estimate_from_seeds({mean - sd, mean, mean + sd});
}

TEST(Verdict, interval_inside_the_claimed_side_is_reproduced) {
  EXPECT_EQ(judge(three_seeds(0.5, 0.1), {0, kInfinity}).text(), "reproduced");
}

TEST(Verdict, interval_outside_is_not_reproduced) {
  EXPECT_EQ(judge(three_seeds(-0.5, 0.1), {0, kInfinity}).text(), "not reproduced");
}

TEST(Verdict, a_gain_that_is_real_but_smaller_than_the_margin_is_not_reproduced) {
  EXPECT_EQ(judge(three_seeds(0.5, 0.1), {1, kInfinity}).outcome, Outcome::not_reproduced);
}

TEST(Verdict, interval_across_the_margin_is_undecided_and_says_how_many_seeds_would_do) {
  // 0.2 must exceed t(k - 1) 0.1 / sqrt(k): 0.159 for k = 4, so 4 decide; with three seeds the half-width is 0.248.
  EXPECT_EQ(judge(three_seeds(0.2, 0.1), {0, kInfinity}).text(), "undecided with 3 seeds (about 4 needed)");
  // 0.1 needs t(k - 1) < sqrt(k): 0.1049 for 6, 0.0925 for 7.
  EXPECT_EQ(judge(three_seeds(0.1, 0.1), {0, kInfinity}).seeds_needed, 7);
}

TEST(Verdict, a_number_of_seeds_beyond_reason_is_not_printed) {
  EXPECT_EQ(judge(three_seeds(0.001, 0.1), {0, kInfinity}).text(), "undecided with 3 seeds (more than 1000 needed)");
  EXPECT_EQ(judge(three_seeds(0, 0.1), {0, kInfinity}).seeds_needed, kMaxSeeds + 1);
}

TEST(Verdict, equivalence_needs_the_interval_inside_both_bounds) {
  EXPECT_EQ(judge(three_seeds(0.1, 0.01), {-0.25, 0.25}).outcome, Outcome::reproduced);
  EXPECT_EQ(judge(three_seeds(0.1, 0.1), {-0.25, 0.25}).outcome, Outcome::undecided);
  EXPECT_EQ(judge(three_seeds(0.0, 0.2), {-0.25, 0.25}).outcome, Outcome::undecided);  // no difference seen is not equality
  EXPECT_EQ(judge(three_seeds(0.6, 0.1), {-0.25, 0.25}).outcome, Outcome::not_reproduced);
}

TEST(Verdict, swapping_the_sides_flips_it) {
  for (double mean : {-0.6, -0.3, 0.3, 0.6}) {
    const Verdict one = judge(three_seeds(mean, 0.1), {0, kInfinity}), other = judge(three_seeds(-mean, 0.1), {0, kInfinity});
    EXPECT_NE(one.outcome, other.outcome);
    EXPECT_EQ(one.outcome == Outcome::reproduced, other.outcome == Outcome::not_reproduced);
  }
}

TEST(Verdict, one_seed_of_a_scalar_decides_nothing) {
  EXPECT_EQ(judge(estimate_from_seeds({100}), {0, kInfinity}).text(), "undecided with 1 seed (at least 2 needed)");
}

TEST(Verdict, one_seed_decides_nothing_whatever_its_images_show) {
  std::vector<std::int8_t> outcomes(1000, 0);
  for (int i = 0; i < 100; ++i) outcomes[static_cast<std::size_t>(i)] = 1;
  const Verdict verdict = judge(estimate_from_outcomes({outcomes}, 100), {0, kInfinity});
  EXPECT_EQ(verdict.text(), "undecided with 1 seed (at least 2 needed)");
}

TEST(Verdict, seeds_cannot_decide_what_the_images_leave_open) {
  // Three seeds that agree on every image: 4 wrong only on the left, 5 only on the right. More seeds see the same images.
  std::vector<std::int8_t> outcomes(1000, 0);
  for (std::size_t i = 0; i < 9; ++i) outcomes[i] = i < 5 ? 1 : -1;
  EXPECT_EQ(judge(estimate_from_outcomes({outcomes, outcomes, outcomes}, 100), {0, kInfinity}).seeds_needed, kMaxSeeds + 1);
}

TEST(Verdict, bounds_count_where_a_claim_includes_them) {
  const Estimate always_ten = estimate_from_seeds({10, 10, 10});
  EXPECT_EQ(judge(always_ten, {10, kInfinity, true}).outcome, Outcome::reproduced);
  EXPECT_EQ(judge(always_ten, {10, kInfinity, false}).outcome, Outcome::undecided);
  EXPECT_EQ(judge(estimate_from_seeds({10}), {-kInfinity, kInfinity, true}).outcome, Outcome::undecided);
}

TEST(Verdict, an_order_holds_if_every_step_does) {
  const Verdict yes = judge(three_seeds(0.5, 0.1), {0, kInfinity}), no = judge(three_seeds(-0.5, 0.1), {0, kInfinity});
  const Verdict open = judge(three_seeds(0.1, 0.1), {0, kInfinity}), nearer = judge(three_seeds(0.2, 0.1), {0, kInfinity});
  EXPECT_EQ(all_of({yes, yes}).outcome, Outcome::reproduced);
  EXPECT_EQ(all_of({yes, open, no}).outcome, Outcome::not_reproduced);
  EXPECT_EQ(all_of({yes, open, nearer}).text(), "undecided with 3 seeds (about 7 needed)");
  const Verdict of_two = judge(estimate_from_seeds({-1, 2}), {0, kInfinity});
  EXPECT_EQ(all_of({yes, of_two}).seeds, 2);
  EXPECT_EQ(all_of({of_two, yes}).seeds, 2);
  EXPECT_EQ(all_of({}).outcome, Outcome::not_tested);
}

}  // namespace
}  // namespace reprise::reports
