#include "reports/claims.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "made_up_runs.hpp"
#include "reports/build_report.hpp"

namespace reprise::reports {
namespace {

using made_up::RunSpec;

std::vector<records::RunRecord> runs_of(const std::string& trial, double error_percent, int seeds, const std::string& dataset = "mnist") {
  std::vector<records::RunRecord> records;
  for (int seed = 1; seed <= seeds; ++seed) {
    RunSpec run;
    run.trial = trial;
    run.error_percent = error_percent;
    run.seed = seed;
    run.dataset = dataset;
    records.push_back(made_up::record_of(run));
  }
  return records;
}

std::vector<records::RunRecord> operator+(std::vector<records::RunRecord> left, const std::vector<records::RunRecord>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

ClaimResult result_of(const std::vector<records::RunRecord>& records, const catalog::Claim& claim) {
  catalog::Paper paper = made_up::paper();
  paper.claims = {claim};
  return build_report(records, {paper}).papers.front().claims.front();
}

catalog::Claim claim_named(const std::string& id) {
  const auto claims = made_up::paper().claims;
  return *std::find_if(claims.begin(), claims.end(), [&](const auto& claim) { return claim.id == id; });
}

TEST(Claims, a_clear_gain_is_reproduced_and_its_opposite_is_not) {
  const auto records = runs_of("plain", 12, 3) + runs_of("dropout", 6, 3);
  catalog::Claim claim = claim_named("dropout-helps");
  EXPECT_EQ(result_of(records, claim).verdict.outcome, Outcome::reproduced);
  std::swap(claim.left, claim.right);
  EXPECT_EQ(result_of(records, claim).verdict.outcome, Outcome::not_reproduced);
}

TEST(Claims, a_gain_smaller_than_its_interval_is_undecided) {
  const auto records = runs_of("plain", 6.1, 3) + runs_of("dropout", 6, 3);
  const Verdict verdict = result_of(records, claim_named("dropout-helps")).verdict;
  EXPECT_EQ(verdict.outcome, Outcome::undecided);
  EXPECT_GT(verdict.seeds_needed, 3);
}

TEST(Claims, the_sentence_names_both_trials_the_interval_and_mcnemar) {
  const auto records = runs_of("plain", 12, 2) + runs_of("dropout", 6, 2);
  const std::string text = result_of(records, claim_named("dropout-helps")).test_text();
  for (const char* part : {"desk, mnist: ", "Gain of dropout over plain in test_error: +", "95 % interval", "2 paired seeds",
                           "paired t test p = ", "McNemar on the same 2000 test images", "mid-p"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
}

TEST(Claims, only_common_seeds_are_compared) {
  auto records = runs_of("plain", 12, 3) + runs_of("dropout", 6, 2);
  EXPECT_EQ(result_of(records, claim_named("dropout-helps")).verdict.seeds, 2);
}

TEST(Claims, without_a_common_seed_nothing_is_tested) {
  auto left = runs_of("plain", 12, 1), right = runs_of("dropout", 6, 2);
  right.erase(right.begin());
  const ClaimResult result = result_of(left + right, claim_named("dropout-helps"));
  EXPECT_EQ(result.verdict.text(), "not tested");
}

TEST(Claims, missing_runs_are_named) {
  const ClaimResult result = result_of(runs_of("plain", 12, 3), claim_named("dropout-helps"));
  EXPECT_EQ(result.verdict.outcome, Outcome::not_tested);
  EXPECT_EQ(result.test_text(), "No runs of dropout.");
}

TEST(Claims, a_metric_that_the_runs_lack_is_named) {
  catalog::Claim claim = claim_named("activation");
  claim.metric = "unheard_of";
  EXPECT_EQ(result_of(runs_of("plain", 12, 2), claim).test_text(), "The runs of plain have no 'unheard_of'.");
}

TEST(Claims, runs_on_different_test_images_are_not_paired_by_image) {
  auto left = runs_of("plain", 12, 3), right = runs_of("dropout", 6, 3);
  for (auto& record : right) std::swap(record.test_labels[0], record.test_labels[1]);
  const ClaimResult result = result_of(left + right, claim_named("dropout-helps"));
  EXPECT_EQ(result.test_text().find("McNemar"), std::string::npos);
  EXPECT_EQ(result.verdict.outcome, Outcome::reproduced);  // by the seeds alone: 6 points against a spread of about 0.5
}

TEST(Claims, runs_on_different_data_sets_are_never_compared) {
  const ClaimResult result = result_of(runs_of("plain", 12, 3) + runs_of("dropout", 6, 3, "fashion-mnist"), claim_named("dropout-helps"));
  EXPECT_EQ(result.verdict.outcome, Outcome::not_tested);
}

TEST(Claims, a_substitute_data_set_is_said) {
  const ClaimResult result =
      result_of(runs_of("plain", 12, 2, "fashion-mnist") + runs_of("dropout", 6, 2, "fashion-mnist"), claim_named("dropout-helps"));
  EXPECT_TRUE(result.substitute);
  EXPECT_EQ(result.setting(), "desk, fashion-mnist (substitute)");
}

TEST(Claims, scales_restrict_where_a_claim_is_tested) {
  catalog::Claim claim = claim_named("dropout-helps");
  claim.scales = {"paper"};
  EXPECT_EQ(result_of(runs_of("plain", 12, 2) + runs_of("dropout", 6, 2), claim).verdict.outcome, Outcome::not_tested);
}

TEST(Claims, a_key_of_results_is_tested_over_seeds) {
  catalog::Claim claim = claim_named("activation");  // mean_activation = 1 + 0.01 seed
  EXPECT_EQ(result_of(runs_of("plain", 2, 3), claim).verdict.outcome, Outcome::reproduced);
  claim.margin = 1.5;
  EXPECT_EQ(result_of(runs_of("plain", 2, 3), claim).verdict.outcome, Outcome::not_reproduced);
  claim.margin = 1.02;
  EXPECT_EQ(result_of(runs_of("plain", 2, 3), claim).verdict.outcome, Outcome::undecided);
  claim.kind = "at_most";
  claim.margin = 1.5;
  EXPECT_EQ(result_of(runs_of("plain", 2, 3), claim).verdict.outcome, Outcome::reproduced);
}

TEST(Claims, more_is_better_for_accuracies_and_less_for_the_rest) {
  EXPECT_TRUE(higher_is_better("test_accuracy"));
  EXPECT_FALSE(higher_is_better("test_error"));
  EXPECT_FALSE(higher_is_better("test_loss"));
}

TEST(Claims, an_order_is_as_good_as_its_worst_step) {
  const auto records = runs_of("maxnorm", 3, 3) + runs_of("dropout", 7, 3) + runs_of("plain", 14, 3);
  const ClaimResult result = result_of(records, claim_named("order"));
  EXPECT_EQ(result.verdict.outcome, Outcome::reproduced);
  EXPECT_EQ(result.tests.size(), 2u);
  EXPECT_EQ(result.published.size(), 3u);
  const auto wrong = runs_of("maxnorm", 3, 3) + runs_of("dropout", 14, 3) + runs_of("plain", 7, 3);
  EXPECT_EQ(result_of(wrong, claim_named("order")).verdict.outcome, Outcome::not_reproduced);
}

TEST(Claims, more_seeds_narrow_the_interval) {
  const auto width = [](int seeds) {
    const ClaimResult result = result_of(runs_of("plain", 8, seeds) + runs_of("dropout", 6, seeds), claim_named("dropout-helps"));
    return result.pictures.front().high - result.pictures.front().low;
  };
  EXPECT_LT(width(8), width(3));
}

}  // namespace
}  // namespace reprise::reports
