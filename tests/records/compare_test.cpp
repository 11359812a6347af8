#include "suite/records/compare_text.hpp"

#include <gtest/gtest.h>

#include "tests/records/sample_record.hpp"

namespace reprise::records::testing {
namespace {

/// Comparison of the sample with itself after `change`.
template <typename Change>
Comparison after(Change&& change) {
  RunRecord changed = sample_record();
  change(changed);
  return compare(sample_record(), changed);
}

std::string text_of(const Comparison& comparison) {
  return comparison_text(comparison, "a.h5", "b.h5");
}

void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(Compare, equal_records_are_identical) {
  const Comparison comparison = compare(sample_record(), sample_record());
  EXPECT_TRUE(comparison.same_inputs());
  EXPECT_TRUE(comparison.same_results());
  EXPECT_EQ(text_of(comparison), "a: a.h5\nb: b.h5\nidentical: same inputs, same results.\n");
}

TEST(Compare, timing_does_not_count_and_circumstances_are_set_apart) {
  const Comparison comparison = after([](RunRecord& r) {
    r.timing.clear();
    r.provenance["ranks"] = "4";
    r.provenance["processor"] = "another";
    r.provenance["hebbian_phase"] = "12.3 s, 100 images/s";
    r.deviations.pop_back();
  });
  EXPECT_TRUE(comparison.same_inputs());
  EXPECT_EQ(comparison.circumstances.size(), 4u);
  expect_contains(text_of(comparison), "ranks          1 | 4");
  expect_contains(text_of(comparison), "under other circumstances");
}

TEST(Compare, inputs_that_differ_are_named_with_both_values) {
  const Comparison comparison = after([](RunRecord& r) {
    r.seed = 3;
    r.provenance["isa"] = "avx2";
    r.provenance["git_diff"] += "x";
    r.provenance["data_fashion_mnist"] = "1234";
  });
  ASSERT_EQ(comparison.inputs.size(), 4u);
  EXPECT_EQ(comparison.inputs[0].what, "seed");
  EXPECT_EQ(comparison.inputs[0].a, "-7");
  EXPECT_EQ(comparison.inputs[0].b, "3");
  EXPECT_EQ(comparison.inputs[1].a, "(none)");
  EXPECT_LT(comparison.inputs[2].a.size(), 120u) << "a long text is shortened";
  EXPECT_NE(comparison.inputs[2].a, comparison.inputs[2].b) << "and still differs";
  EXPECT_EQ(comparison.inputs[3].b, "avx2");
  expect_contains(text_of(comparison), "Different inputs, same results.");
}

TEST(Compare, recipes_are_compared_by_who_knows_them) {
  RunRecord changed = sample_record();
  changed.recipe_toml += "seeds = 3\n";
  EXPECT_EQ(compare(sample_record(), changed).recipe.size(), 1u);
  const Comparison comparison = compare(sample_record(), changed, [](const std::string&, const std::string&, Comparison& found) {
    found.recipe.push_back({"learning_rate", "0.01", "0.05"});
    found.circumstances.push_back({"title", "One", "Other"});
  });
  EXPECT_FALSE(comparison.same_inputs());
  expect_contains(text_of(comparison), "recipe (a | b)\n  learning_rate  0.01 | 0.05\n");
  expect_contains(text_of(comparison), "title  One | Other\n");
}

TEST(Compare, the_first_epoch_whose_weights_differ_is_found) {
  const Comparison comparison = after([](RunRecord& r) { r.weight_digests = {"aa", "xx", "yy"}; });
  ASSERT_EQ(comparison.results.size(), 1u);
  EXPECT_EQ(comparison.results[0].what, "digests/weights, first after epoch 1");
  EXPECT_EQ(comparison.results[0].a, "bb");
  EXPECT_EQ(comparison.results[0].b, "xx");
  expect_contains(text_of(comparison), "Same inputs, different results");
}

TEST(Compare, metrics_predictions_and_scalars_that_differ_are_named_with_values) {
  const Comparison comparison = after([](RunRecord& r) {
    r.metrics["test_error"].values = {91, r.metrics["test_error"].values[1], 13};
    r.metrics["extra"] = {"percent", {1, 2, 3}};
    r.test_predictions[5] = 9;
    r.test_predictions[7] = 8;
    r.evaluations["dense"].results["top5_error"].value = 3;
    ++r.evaluations["dense"].scores[7];
    r.results["sparsity"] = 0.5;
    r.tables["sweep"].columns["error"][1] = 2;
    r.images["maps"].pixels[3] = 99;
    r.images["maps"].set = 1;
    r.weights["tau"].values[0] = 0.25f;
  });
  std::vector<std::string> names;
  for (const Difference& difference : comparison.results) names.push_back(difference.what);
  const std::vector<std::string> expected = {
      "metrics/extra",
      "metrics/test_error, first after epoch 0",
      "metrics/test_error, last after epoch 2.5, 2 epochs in all",
      "test predictions, 2 of 300 differ, first for image 5",
      "evaluations/dense/top5_error",
      "evaluations/dense/scores, 1 of 900 values, first at 7",
      "results/sparsity",
      "tables/sweep/error, 1 of 3 values, first at 1",
      "images/maps set",
      "images/maps, 1 of 120 values, first at 3",
      "weights/tau, 1 of 1 values, first at 0",
  };
  EXPECT_EQ(names, expected);
  EXPECT_EQ(comparison.results[2].a, "12.5");
  EXPECT_EQ(comparison.results[2].b, "13");
  EXPECT_EQ(comparison.results[10].b, "0.25");
}

TEST(Compare, bits_count_not_values) {
  EXPECT_FALSE(after([](RunRecord& r) { r.metrics["train_loss"].values[2] = 0.0; }).same_results());
}

TEST(Compare, a_shorter_run_differs_where_it_ends) {
  const Comparison comparison = after([](RunRecord& r) {
    r.epochs.pop_back();
    r.weight_digests.pop_back();
    for (auto& entry : r.metrics) entry.second.values.pop_back();
  });
  ASSERT_FALSE(comparison.results.empty());
  EXPECT_EQ(comparison.results[0].what, "epochs recorded");
  EXPECT_EQ(comparison.results[1].what, "digests/weights, first after epoch 2.5");
  EXPECT_EQ(comparison.results[1].b, "(none)");
}

TEST(Compare, weights_that_one_run_did_not_store_are_no_difference) {
  EXPECT_TRUE(after([](RunRecord& r) { r.weights.clear(); }).same_results());
}

}  // namespace
}  // namespace reprise::records::testing
