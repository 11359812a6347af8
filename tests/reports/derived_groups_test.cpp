// Runs as their evaluations see them, and means of kept scores.

#include "reports/runs/derived_groups.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "made_up_runs.hpp"
#include "reports/build_report.hpp"
#include "suite/tensor/half.hpp"

namespace reprise::reports {
namespace {

using made_up::RunSpec;

std::vector<std::uint16_t> halves(const std::vector<float>& scores) {
  std::vector<std::uint16_t> result(scores.size());
  to_half(scores.data(), static_cast<std::int64_t>(scores.size()), result.data());
  return result;
}

/// A run of two images of classes 0 and 1 whose evaluation "dense" has these scores [2, 2].
records::RunRecord run_of(const std::string& trial, std::int64_t seed, const std::vector<float>& scores,
                          const std::string& are = "probabilities") {
  records::RunRecord run = made_up::record_of({.trial = trial, .seed = seed});
  run.recipe_toml += "evaluation = [{ name = \"dense\", scores = true }]\n";
  run.test_labels = {0, 1};
  run.test_predictions = {1, 1};
  records::EvaluationResult& dense = run.evaluations["dense"];
  dense.results["test_error"] = records::result_of("test_error", 50);
  dense.results["top5_error"] = records::result_of("top5_error", 0);
  dense.predictions = {0, 0};
  dense.scores_are = are;
  dense.classes = 2;
  dense.scores = halves(scores);
  return run;
}

struct Derived {
  Derived(catalog::Paper paper_in, std::vector<records::RunRecord> records_in)
      : paper(std::move(paper_in)), records(std::move(records_in)) {
    std::vector<const records::RunRecord*> runs;
    for (const records::RunRecord& record : records) runs.push_back(&record);
    groups = group_runs(paper, runs, left_out);
    derived = std::make_unique<DerivedGroups>(paper, groups);
  }
  const RunGroup* find(const std::string& trial) const {
    for (const RunGroup& group : derived->all())
      if (group.trial == trial) return &group;
    return nullptr;
  }
  catalog::Paper paper;
  std::vector<records::RunRecord> records;
  std::vector<LeftOut> left_out;
  std::vector<RunGroup> groups;
  std::unique_ptr<DerivedGroups> derived;
};

catalog::Paper paper_with(std::vector<catalog::Ensemble> ensembles) {
  catalog::Paper paper = made_up::paper();
  paper.ensembles = std::move(ensembles);
  return paper;
}

TEST(DerivedGroups, an_evaluation_is_a_side_of_its_own) {
  const Derived derived(made_up::paper(), {run_of("plain", 1, {1, 0, 1, 0}), run_of("plain", 2, {1, 0, 0, 1})});
  ASSERT_TRUE(derived.left_out.empty()) << derived.left_out.front().reason;
  const RunGroup *plain = derived.find("plain"), *dense = derived.find("plain@dense");
  ASSERT_NE(plain, nullptr);
  ASSERT_NE(dense, nullptr);
  EXPECT_EQ(dense->runs.size(), 2u);
  EXPECT_EQ(dense->trials(), std::vector<std::string>{"plain"});
  EXPECT_EQ(value_of(*plain->runs.front(), "test_error"), 50.0);
  EXPECT_EQ(dense->runs.front()->test_predictions, (std::vector<std::int32_t>{0, 0}));
  EXPECT_EQ(value_of(*dense->runs.front(), "test_error"), 50.0);
  EXPECT_EQ(value_of(*dense->runs.front(), "top5_error"), 0.0);
  EXPECT_EQ(value_of(*dense->runs.front(), "train_error"), std::nullopt);
}

TEST(DerivedGroups, published_numbers_go_with_the_evaluation_that_they_name) {
  catalog::Paper paper = made_up::paper();
  paper.published[1].evaluation = "dense";
  records::RunRecord run = run_of("plain", 1, {1, 0, 1, 0});
  paper.trials[0].scales = {"desk"};
  paper.trials[0].recipes.emplace_back();
  paper.trials[0].recipes[0].reproduces = {"table2-plain", "table2-dropout"};
  const Derived derived(paper, {run});
  // The recipe of today is another one, so words are the stored ones; both ids are told apart by hand here.
  RunGroup group = derived.groups.front();
  group.recipe.reproduces = {"table2-plain", "table2-dropout"};
  const DerivedGroups told(paper, {group});
  EXPECT_EQ(told.all()[0].recipe.reproduces, std::vector<std::string>{"table2-plain"});
  EXPECT_EQ(told.all()[1].recipe.reproduces, std::vector<std::string>{"table2-dropout"});
}

/// Probabilities of the first image 0.4 and 0.9 for its class: one net is wrong, the mean is right; of the second 0.6 and 0.3: wrong.
TEST(DerivedGroups, an_ensemble_is_the_mean_of_its_members_probabilities) {
  const Derived derived(
      paper_with({{.id = "two", .title = "Two", .members = {"plain@dense", "dropout@dense"}, .scales = {"desk"}}}),
      {run_of("plain", 1, {0.4f, 0.6f, 0.4f, 0.6f}), run_of("dropout", 1, {0.9f, 0.1f, 0.7f, 0.3f}), run_of("plain", 2, {1, 0, 0, 1})});
  const RunGroup* two = derived.find("two");
  ASSERT_NE(two, nullptr);
  ASSERT_EQ(two->runs.size(), 1u) << "seed 2 lacks a member";
  EXPECT_EQ(two->runs[0]->test_predictions, (std::vector<std::int32_t>{0, 0}));
  EXPECT_EQ(value_of(*two->runs[0], "test_error"), 50.0);
  EXPECT_EQ(two->trials(), (std::vector<std::string>{"plain", "dropout"}));
}

/// The second image: logits (3, 0) are 0.953 and 0.047, beside (0, 1) their mean is 0.476 and 0.524; as they stand it is 1.5 and 0.5.
TEST(DerivedGroups, logits_become_probabilities_first) {
  const Derived derived(paper_with({{.id = "two", .title = "Two", .members = {"plain@dense", "dropout@dense"}, .scales = {"desk"}}}),
                        {run_of("plain", 1, {0, 2, 3, 0}, "logits"), run_of("dropout", 1, {0.8f, 0.2f, 0, 1})});
  EXPECT_EQ(derived.find("two")->runs[0]->test_predictions, (std::vector<std::int32_t>{1, 1}));
}

TEST(DerivedGroups, seeds_of_one_trial_make_disjoint_ensembles) {
  std::vector<records::RunRecord> runs;
  for (std::int64_t seed = 1; seed <= 5; ++seed) runs.push_back(run_of("plain", seed, {seed == 1 ? 0.0f : 0.6f, 0.5f, 0.2f, 0.8f}));
  const Derived derived(paper_with({{.id = "pair", .title = "Pair", .members = {"plain@dense"}, .seeds = 2, .scales = {"desk"}}}), runs);
  const RunGroup* pair = derived.find("pair");
  ASSERT_EQ(pair->runs.size(), 2u);  // the fifth is left
  EXPECT_EQ(pair->runs[0]->seed, 1);
  EXPECT_EQ(pair->runs[1]->seed, 2);
  EXPECT_EQ(pair->runs[0]->test_predictions, (std::vector<std::int32_t>{1, 1}));
  EXPECT_EQ(pair->runs[1]->test_predictions, (std::vector<std::int32_t>{0, 1}));
}

TEST(DerivedGroups, runs_without_scores_or_with_other_images_make_no_ensemble) {
  records::RunRecord bare = run_of("dropout", 1, {}), other = run_of("dropout", 1, {1, 0, 1, 0});
  bare.evaluations["dense"].scores_are.clear();
  bare.evaluations["dense"].classes = 0;
  other.test_labels = {1, 1};
  for (const records::RunRecord& second : {bare, other}) {
    const Derived derived(paper_with({{.id = "two", .title = "Two", .members = {"plain@dense", "dropout@dense"}, .scales = {"desk"}}}),
                          {run_of("plain", 1, {1, 0, 1, 0}), second});
    EXPECT_EQ(derived.find("two"), nullptr);
  }
}

TEST(DerivedGroups, claims_compare_evaluations_and_ensembles) {
  catalog::Paper paper = paper_with({{.id = "two", .title = "Two", .members = {"plain@dense", "dropout@dense"}, .scales = {"desk"}}});
  paper.claims = {paper.claims[0]};
  paper.claims[0].left = "two";
  paper.claims[0].right = "plain@dense";
  paper.claims[0].scales = {"desk"};
  std::vector<records::RunRecord> runs;
  for (std::int64_t seed = 1; seed <= 3; ++seed)
    for (const bool right : {false, true}) {  // of the second image of four
      records::RunRecord run =
          run_of(right ? "dropout" : "plain", seed, {0.9f, 0.1f, right ? 0.1f : 0.6f, right ? 0.9f : 0.4f, 0.9f, 0.1f, 0.1f, 0.9f});
      run.test_labels = {0, 1, 0, 1};
      run.test_predictions = run.evaluations["dense"].predictions = {0, right ? 1 : 0, 0, 1};
      runs.push_back(run);
    }
  const Report report = build_report(runs, {paper});
  ASSERT_EQ(report.papers.size(), 1u);
  ASSERT_EQ(report.papers[0].claims.size(), 1u);
  const ClaimResult& claim = report.papers[0].claims[0];
  ASSERT_EQ(claim.comparisons.size(), 1u) << claim.test_text();
  EXPECT_EQ(claim.comparisons[0].left.trial, "two");
  EXPECT_EQ(claim.comparisons[0].right.trial, "plain@dense");
  EXPECT_EQ(claim.comparisons[0].estimate.value, 25);
  EXPECT_TRUE(claim.comparisons[0].is_paired);
  std::vector<std::string> trials;
  for (const Row& row : report.papers[0].rows) trials.push_back(row.trial);
  EXPECT_EQ(trials, (std::vector<std::string>{"plain", "plain@dense", "dropout", "dropout@dense", "two"}));
  EXPECT_EQ(report.papers[0].run_count, 6);
}

/// Seeds err by 10, 20 and 30 percent through one evaluation and 1 less through the other: paired, the gain is 1 with hardly any spread.
TEST(DerivedGroups, two_evaluations_of_the_same_runs_are_compared_seed_by_seed) {
  catalog::Paper paper = made_up::paper();
  paper.claims = {paper.claims[0]};
  paper.claims[0].left = "plain@better";
  paper.claims[0].right = "plain@dense";
  std::vector<records::RunRecord> runs;
  for (std::int64_t seed = 1; seed <= 3; ++seed) {
    records::RunRecord run = run_of("plain", seed, {});
    run.recipe_toml.replace(run.recipe_toml.find("{ name = \"dense\""), 0, "{ name = \"better\" }, ");
    run.test_labels.assign(100, 0);
    run.test_predictions.assign(100, 0);
    for (const char* name : {"dense", "better"}) {
      records::EvaluationResult& evaluation = run.evaluations[name];
      evaluation = {};
      evaluation.predictions.assign(100, 0);
      for (std::int64_t i = 0; i < 10 * seed - (name[0] == 'b' ? 1 : 0); ++i) evaluation.predictions[static_cast<std::size_t>(i)] = 1;
    }
    run.test_labels[99] = 1;
    run.test_predictions[99] = run.evaluations["dense"].predictions[99] = run.evaluations["better"].predictions[99] = 1;
    runs.push_back(run);
  }
  const Report report = build_report(runs, {paper});
  const Comparison& comparison = report.papers.at(0).claims.at(0).comparisons.at(0);
  EXPECT_TRUE(comparison.is_paired);
  EXPECT_NEAR(comparison.estimate.value, 1, 1e-12);
  EXPECT_NEAR(comparison.estimate.error, std::sqrt(1.0 / 6 / 3), 1e-12) << "rounding to whole images, of both";
  EXPECT_EQ(comparison.estimate.df, 2);
}

}  // namespace
}  // namespace reprise::reports
