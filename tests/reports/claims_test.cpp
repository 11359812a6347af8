#include "reports/verdicts/claims.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "made_up_runs.hpp"
#include "reports/build_report.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/catalog/recipe_toml.hpp"

namespace reprise::reports {
namespace {

using made_up::RunSpec;

std::vector<records::RunRecord> runs_of(const std::string& trial, double error_percent, int seeds, const std::string& dataset = "mnist",
                                        const std::string& scale = "desk") {
  std::vector<records::RunRecord> records;
  for (int seed = 1; seed <= seeds; ++seed) {
    RunSpec run;
    run.trial = trial;
    run.error_percent = error_percent;
    run.seed = seed;
    run.dataset = dataset;
    run.scale = scale;
    records.push_back(made_up::record_of(run));
  }
  return records;
}

/// The same runs of a recipe with settings by hand.
std::vector<records::RunRecord> with(std::vector<records::RunRecord> runs, const std::vector<catalog::Override>& settings) {
  for (auto& record : runs) {
    recipes::Recipe recipe = catalog::stored_recipe(record.recipe_toml, catalog::Strictness::lenient);
    for (const auto& [key, value] : settings) catalog::apply_override(recipe, key, value);
    record.recipe_toml = catalog::to_toml(recipe);
  }
  return runs;
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
  auto records = runs_of("plain", 12, 8) + runs_of("dropout", 6, 8);
  catalog::Claim claim = claim_named("dropout-helps"), opposite = claim;
  std::swap(opposite.left, opposite.right);
  EXPECT_EQ(result_of(records, claim).verdict(), "same direction at desk scale");
  EXPECT_EQ(result_of(records, opposite).verdict(), "opposite direction at desk scale");
  records = runs_of("plain", 12, 8, "mnist", "paper") + runs_of("dropout", 6, 8, "mnist", "paper");
  EXPECT_EQ(result_of(records, claim).verdict(), "reproduced");
  EXPECT_EQ(result_of(records, opposite).verdict(), "not reproduced");
}

TEST(Claims, below_the_papers_scale_a_gain_below_its_margin_is_no_opposite) {
  catalog::Claim claim = claim_named("dropout-helps");
  claim.margin = 20;
  EXPECT_EQ(result_of(runs_of("plain", 12, 8) + runs_of("dropout", 6, 8), claim).verdict(),
            "same direction but less than claimed at desk scale");
}

TEST(Claims, a_gain_smaller_than_its_interval_is_undecided) {
  const ClaimResult result = result_of(runs_of("plain", 6.1, 3) + runs_of("dropout", 6, 3), claim_named("dropout-helps"));
  EXPECT_EQ(result.status, Status::undecided);
  EXPECT_TRUE(result.verdict().starts_with("undecided with 3 seeds (80 % power with ")) << result.verdict();
}

TEST(Claims, two_seeds_decide_nothing_however_far_apart) {
  const ClaimResult result = result_of(runs_of("plain", 60, 2) + runs_of("dropout", 6, 2), claim_named("dropout-helps"));
  EXPECT_EQ(result.status, Status::undecided);
  EXPECT_EQ(result.verdict(), "undecided with 2 seeds");
  EXPECT_EQ(result.look, 0);
}

TEST(Claims, the_sentence_names_both_trials_both_intervals_and_the_look) {
  const std::string text = result_of(runs_of("plain", 12, 3) + runs_of("dropout", 6, 3), claim_named("dropout-helps")).test_text();
  for (const char* part : {"desk, mnist: ", "Gain of dropout over plain in test_error: +", "95 % interval", "for new images",
                           "dropout: ", "3 seeds", "p = ", "look at 3 seeds"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
}

TEST(Claims, seeds_need_not_be_common) {
  auto left = runs_of("plain", 12, 3), right = runs_of("dropout", 6, 4);
  right.erase(right.begin());
  const ClaimResult result = result_of(left + right, claim_named("dropout-helps"));
  ASSERT_EQ(result.comparisons.size(), 1u);
  EXPECT_EQ(result.comparisons[0].left.seeds, (std::vector<std::int64_t>{2, 3, 4}));
  EXPECT_EQ(result.comparisons[0].right.seeds, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(result.seeds, 3);
}

TEST(Claims, missing_runs_are_named) {
  const ClaimResult result = result_of(runs_of("plain", 12, 3), claim_named("dropout-helps"));
  EXPECT_EQ(result.verdict(), "not run");
  EXPECT_EQ(result.test_text(), "No runs of dropout.");
}

TEST(Claims, a_metric_that_the_runs_lack_is_named) {
  catalog::Claim claim = claim_named("activation");
  claim.metric = "unheard_of";
  EXPECT_EQ(result_of(runs_of("plain", 12, 2), claim).test_text(), "The runs of plain have no 'unheard_of'.");
}

TEST(Claims, runs_on_different_test_images_have_no_interval_for_new_images) {
  auto left = runs_of("plain", 12, 8), right = runs_of("dropout", 6, 8);
  for (auto& record : right) std::swap(record.test_labels[0], record.test_labels[1]);
  const ClaimResult result = result_of(left + right, claim_named("dropout-helps"));
  EXPECT_EQ(result.comparisons[0].new_images_half_width, 0);
  EXPECT_EQ(result.status, Status::same_direction);
}

TEST(Claims, runs_on_different_data_sets_are_never_compared) {
  const ClaimResult result = result_of(runs_of("plain", 12, 3) + runs_of("dropout", 6, 3, "fashion-mnist"), claim_named("dropout-helps"));
  EXPECT_EQ(result.status, Status::not_run);
}

TEST(Claims, a_setting_by_hand_that_the_other_side_has_of_its_own_is_no_difference) {
  const auto left = with(runs_of("plain", 12, 8), {{"batch", "7"}});
  auto right = runs_of("dropout", 6, 8);
  EXPECT_EQ(result_of(left + right, claim_named("dropout-helps")).status, Status::not_run);
  for (auto& record : right) {
    recipes::Recipe recipe = catalog::stored_recipe(record.recipe_toml, catalog::Strictness::lenient);
    recipe.batch = 7;
    record.recipe_toml = catalog::to_toml(recipe);
  }
  EXPECT_EQ(result_of(left + right, claim_named("dropout-helps")).status, Status::same_direction);
}

TEST(Claims, runs_of_different_answer_versions_are_never_compared) {
  auto left = runs_of("plain", 12, 3), right = runs_of("dropout", 6, 3);
  for (auto& record : right) record.provenance["answer_version"] = "1";
  EXPECT_EQ(result_of(left + right, claim_named("dropout-helps")).status, Status::not_run);
}

TEST(Claims, sides_of_one_instruction_set_are_compared_where_both_have_one) {
  const auto on = [](std::vector<records::RunRecord> runs, const char* set) {
    for (auto& record : runs) record.provenance["isa_vector_kernels"] = set;
    return runs;
  };
  const catalog::Claim claim = claim_named("dropout-helps");
  const auto dropout = on(runs_of("dropout", 6, 3), "avx2"), more = on(runs_of("plain", 12, 8), "avx512");
  EXPECT_EQ(result_of(dropout + more, claim).seeds, 3) << "of another set rather than not at all";
  EXPECT_EQ(result_of(dropout + more + on(runs_of("plain", 12, 2), "avx2"), claim).seeds, 2);
}

TEST(Claims, each_answer_version_has_a_verdict_of_its_own_the_newest_first) {
  auto old_runs = runs_of("plain", 6, 8) + runs_of("dropout", 12, 8);
  for (auto& record : old_runs) record.provenance["answer_version"] = "1";
  catalog::Paper paper = made_up::paper();
  paper.claims = {claim_named("dropout-helps")};
  const auto results = build_report(old_runs + runs_of("plain", 12, 8) + runs_of("dropout", 6, 8), {paper}).papers.front().claims;
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].status, Status::same_direction);
  EXPECT_EQ(results[1].status, Status::opposite_direction);
  EXPECT_EQ(results[1].setting(), "desk, mnist, answer version 1");
}

TEST(Claims, a_substitute_data_set_is_said_and_reproduces_nothing) {
  const ClaimResult result = result_of(
      runs_of("plain", 12, 8, "fashion-mnist", "paper") + runs_of("dropout", 6, 8, "fashion-mnist", "paper"), claim_named("dropout-helps"));
  EXPECT_TRUE(result.substitute);
  EXPECT_EQ(result.setting(), "paper, fashion-mnist (substitute)");
  EXPECT_EQ(result.verdict(), "same direction at paper scale on a substitute data set");
}

TEST(Claims, scales_restrict_where_a_claim_is_tested) {
  catalog::Claim claim = claim_named("dropout-helps");
  claim.scales = {"paper"};
  EXPECT_EQ(result_of(runs_of("plain", 12, 2) + runs_of("dropout", 6, 2), claim).status, Status::not_run);
}

TEST(Claims, a_key_of_results_is_tested_over_seeds) {
  catalog::Claim claim = claim_named("activation");  // mean_activation = 1 + 0.01 seed
  EXPECT_EQ(result_of(runs_of("plain", 2, 3), claim).status, Status::same_direction);
  claim.margin = 1.5;
  EXPECT_EQ(result_of(runs_of("plain", 2, 3), claim).status, Status::opposite_direction);
  claim.margin = 1.02;
  EXPECT_EQ(result_of(runs_of("plain", 2, 3), claim).status, Status::undecided);
  claim.kind = "at_most";
  claim.margin = 1.5;
  EXPECT_EQ(result_of(runs_of("plain", 2, 3), claim).status, Status::same_direction);
}

void answer_one_class(std::vector<records::RunRecord>& records, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) std::fill(records[i].test_predictions.begin(), records[i].test_predictions.end(), 3);
}

TEST(Preconditions, a_baseline_that_answers_one_class_did_not_train) {
  auto plain = runs_of("plain", 12, 8);
  answer_one_class(plain, 8);
  const ClaimResult result = result_of(plain + runs_of("dropout", 6, 8), claim_named("dropout-helps"));
  EXPECT_EQ(result.status, Status::did_not_train);
  EXPECT_EQ(result.verdict(), "baseline did not train (plain: one class for all images)");
}

TEST(Preconditions, guessing_is_not_training) {
  auto plain = runs_of("plain", 12, 8);
  for (auto& record : plain)
    for (std::size_t i = 0; i < record.test_labels.size(); ++i)
      record.test_predictions[i] = (record.test_labels[i] + 1 + static_cast<std::int32_t>(record.seed % 8)) % 10;
  const ClaimResult result = result_of(plain + runs_of("dropout", 6, 8), claim_named("dropout-helps"));
  EXPECT_EQ(result.verdict(), "baseline did not train (plain: no better than guessing)");
}

TEST(Preconditions, some_seeds_that_failed_leave_a_claim_undecided) {
  auto plain = runs_of("plain", 12, 8);
  answer_one_class(plain, 2);
  const ClaimResult result = result_of(plain + runs_of("dropout", 6, 8), claim_named("dropout-helps"));
  EXPECT_EQ(result.verdict(), "undecided (2 of 8 seeds of plain failed)");
}

TEST(Preconditions, a_seed_that_lies_apart_failed) {
  EXPECT_EQ(result_of(runs_of("plain", 3, 2) + runs_of("dropout", 6, 8), claim_named("dropout-helps")).comparisons[0].obstacle, "");
  auto plain = runs_of("plain", 3, 3);
  made_up::RunSpec lost;
  lost.seed = 4;
  lost.error_percent = 47;
  plain.push_back(made_up::record_of(lost));
  EXPECT_EQ(result_of(plain + runs_of("dropout", 6, 8), claim_named("dropout-helps")).comparisons[0].obstacle,
            "1 of 4 seeds of plain failed");
}

TEST(Preconditions, an_error_below_a_bound_may_be_required) {
  catalog::Claim claim = claim_named("dropout-helps");
  claim.error_below = 10;
  const auto records = runs_of("plain", 30, 8) + runs_of("dropout", 6, 8);
  EXPECT_TRUE(result_of(records, claim).verdict().starts_with("baseline did not train (plain: an error of "))
      << result_of(records, claim).verdict();
  claim.error_below = 60;
  EXPECT_EQ(result_of(records, claim).status, Status::same_direction);
}

TEST(Preconditions, seeds_that_predict_the_same_are_no_seeds) {
  auto plain = runs_of("plain", 12, 8);
  for (auto& record : plain) record.test_predictions = plain.front().test_predictions;
  EXPECT_EQ(result_of(plain + runs_of("dropout", 6, 8), claim_named("dropout-helps")).verdict(),
            "baseline did not train (plain: equal predictions of all seeds)");
}

TEST(Preconditions, bounds_are_no_values) {
  auto records = runs_of("plain", 2, 8);
  for (auto& record : records) record.results["mean_activation_suffice"] = 0;
  EXPECT_EQ(result_of(records, claim_named("activation")).verdict(), "undecided (plain: values are bounds)");
}

TEST(Claims, more_is_better_for_accuracies_and_less_for_the_rest) {
  EXPECT_TRUE(higher_is_better("test_accuracy"));
  EXPECT_FALSE(higher_is_better("test_error"));
  EXPECT_FALSE(higher_is_better("test_loss"));
}

TEST(Claims, an_order_is_as_good_as_its_worst_step) {
  const auto records = runs_of("maxnorm", 3, 8) + runs_of("dropout", 7, 8) + runs_of("plain", 14, 8);
  const ClaimResult result = result_of(records, claim_named("order"));
  EXPECT_EQ(result.status, Status::same_direction);
  EXPECT_EQ(result.comparisons.size(), 2u);
  EXPECT_EQ(result.published.size(), 3u);
  const auto wrong = runs_of("maxnorm", 3, 8) + runs_of("dropout", 14, 8) + runs_of("plain", 7, 8);
  EXPECT_EQ(result_of(wrong, claim_named("order")).status, Status::opposite_direction);
}

TEST(Claims, a_published_effect_lies_inside_our_prediction_interval_or_not) {
  catalog::Paper paper = made_up::paper();
  catalog::Claim claim = claim_named("dropout-helps");
  claim.published = {"table2-plain", "table2-dropout"};
  paper.claims = {claim};
  for (catalog::Trial& trial : paper.trials) {
    trial.recipes.emplace_back();
    trial.recipes.back().reproduces = {"table2-" + trial.name};
  }
  const auto verdict = [&](double plain, double dropout) {
    paper.published[0].value = plain;
    paper.published[1].value = dropout;
    return build_report(runs_of("plain", 12, 8) + runs_of("dropout", 6, 8), {paper}).papers.front().claims.front().verdict();
  };
  EXPECT_EQ(verdict(12, 6), "same direction at desk scale, size as published");
  EXPECT_EQ(verdict(32, 6), "same direction at desk scale, smaller than published");
  EXPECT_EQ(verdict(6.5, 6), "same direction at desk scale, larger than published");
}

TEST(Claims, more_seeds_narrow_the_interval) {
  const auto width = [](int seeds) {
    const ClaimResult result = result_of(runs_of("plain", 8, seeds) + runs_of("dropout", 6, seeds), claim_named("dropout-helps"));
    return result.pictures.front().high - result.pictures.front().low;
  };
  EXPECT_LT(width(8), width(3));
}

TEST(Claims, decided_verdicts_come_with_the_number_that_is_expected_to_be_false) {
  catalog::Paper paper = made_up::paper();
  paper.claims.resize(1);
  const Report report = build_report(runs_of("plain", 12, 8) + runs_of("dropout", 6, 8), {paper});
  EXPECT_TRUE(report.false_verdicts_text().starts_with("Of 1 verdicts that are decided, at most ")) << report.false_verdicts_text();
  EXPECT_LT(report.papers.front().claims.front().q, 0.05);
}

}  // namespace
}  // namespace reprise::reports
