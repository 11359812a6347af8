#include "reports/verdicts/rows.hpp"
#include "suite/catalog/recipe_text.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "made_up_runs.hpp"
#include "reports/build_report.hpp"
#include "suite/errors.hpp"
#include "suite/recipes/fields.hpp"

namespace reprise::reports {
namespace {

using made_up::RunSpec;

std::vector<Row> rows_of(const std::vector<RunSpec>& runs) {
  std::vector<records::RunRecord> records;
  for (const RunSpec& run : runs) records.push_back(made_up::record_of(run));
  const Report report = build_report(records, {made_up::paper()});
  return report.papers.empty() ? std::vector<Row>{} : report.papers.front().rows;
}

RunSpec run_of(const std::string& scale, const std::string& dataset, std::int64_t seed) {
  RunSpec run;
  run.scale = scale;
  run.dataset = dataset;
  run.seed = seed;
  run.reports = {"table2-plain"};
  return run;
}

TEST(Rows, like_for_like_gets_a_difference) {
  const std::vector<Row> rows = rows_of({run_of("paper", "mnist", 1), run_of("paper", "mnist", 2), run_of("paper", "mnist", 3)});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].id, "table2-plain");
  EXPECT_EQ(rows[0].reproduced.n, 3);
  ASSERT_TRUE(rows[0].comparison);
  EXPECT_NEAR(rows[0].comparison->estimate.value, 1.6 - rows[0].reproduced.mean, 1e-12);
  EXPECT_GT(rows[0].comparison->new_images_half_width, rows[0].comparison->estimate.half_width());
  EXPECT_FALSE(rows[0].substitute);
  EXPECT_EQ(rows[0].deviations, std::vector<std::string>{"the paper does not say of how many runs its number is: taken to be one"});
}

TEST(Rows, a_stand_in_net_is_not_compared) {
  catalog::Paper paper = made_up::paper();
  paper.trials.front().stand_in = "the published net is not known";
  const Row row = build_report({made_up::record_of(run_of("paper", "mnist", 1))}, {paper}).papers.front().rows.front();
  EXPECT_EQ(row.verdict(), "not compared: stand-in net");
}

TEST(Rows, seeds_that_failed_are_counted_and_not_averaged) {
  std::vector<records::RunRecord> records;
  for (std::int64_t seed = 1; seed <= 5; ++seed) records.push_back(made_up::record_of(run_of("paper", "mnist", seed)));
  std::fill(records[3].test_predictions.begin(), records[3].test_predictions.end(), 7);
  const Row row = build_report(records, {made_up::paper()}).papers.front().rows.front();
  EXPECT_EQ(row.failed, 1);
  EXPECT_LT(row.reproduced.mean, 5);
  EXPECT_NE(row.reproduced_text().find("(n = 4, 1 failed)"), std::string::npos) << row.reproduced_text();
  EXPECT_EQ(row.verdict(), "inconclusive (1 of 5 seeds failed)");
}

/// A run that training left behind: identity, recipe and provenance.
records::RunRecord diverged(records::RunRecord run) {
  run.status = records::kDiverged;
  run.epochs.clear(), run.metrics.clear(), run.timing.clear(), run.results.clear(), run.test_labels.clear(), run.test_predictions.clear();
  return run;
}

TEST(Rows, diverged_seeds_are_counted_and_nothing_is_concluded_from_the_others) {
  std::vector<records::RunRecord> records;
  for (std::int64_t seed = 1; seed <= 6; ++seed) records.push_back(made_up::record_of(run_of("paper", "mnist", seed)));
  records[3] = diverged(records[3]);
  const Report report = build_report(records, {made_up::paper()});
  EXPECT_TRUE(report.left_out.empty());
  ASSERT_EQ(report.papers.front().rows.size(), 1u);
  const Row& row = report.papers.front().rows.front();
  EXPECT_NE(row.reproduced_text().find("(n = 5, 1 of 6 diverged)"), std::string::npos) << row.reproduced_text();
  EXPECT_EQ(row.verdict(), "inconclusive (1 of 6 seeds diverged)");
  EXPECT_EQ(row.runs.size(), 6u);
  EXPECT_EQ(report.papers.front().run_count, 5);
  EXPECT_EQ(report.papers.front().diverged_count, 1);
}

TEST(Rows, a_trial_all_of_whose_seeds_diverged_has_a_row_that_says_so) {
  std::vector<records::RunRecord> records{made_up::record_of(run_of("paper", "mnist", 1))};
  for (std::int64_t seed = 1; seed <= 2; ++seed) {
    made_up::RunSpec run = run_of("paper", "mnist", seed);
    run.trial = "dropout";
    records.push_back(diverged(made_up::record_of(run)));
  }
  const PaperReport paper = build_report(records, {made_up::paper()}).papers.front();
  const Row& row = paper.rows.back();
  EXPECT_EQ(row.trial, "dropout");
  EXPECT_EQ(row.reproduced_text(), "2 of 2 diverged");
  EXPECT_EQ(row.seeds_text(), "2 of 2 diverged");
  EXPECT_EQ(row.verdict(), "not compared: all seeds diverged");
  EXPECT_EQ(paper.claims.front().tests, std::vector<std::string>{"All seeds of dropout diverged at paper scale."});
}

TEST(Rows, runs_on_another_instruction_set_are_a_row_of_their_own_behind_the_one_with_more_runs) {
  std::vector<records::RunRecord> records;
  for (std::int64_t seed = 1; seed <= 3; ++seed) {
    records.push_back(made_up::record_of(run_of("paper", "mnist", seed)));
    records.back().provenance["isa_vector_kernels"] = seed == 3 ? "avx2" : "avx512";
    records.back().provenance["end_utc"] = fmt::format("2026-11-2{}T00:00:00Z", seed);
  }
  const auto rows = build_report(records, {made_up::paper()}).papers.front().rows;
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].variation, "avx512");
  EXPECT_EQ(rows[0].reproduced.n, 2);
  EXPECT_EQ(rows[1].variation, "avx2");
  EXPECT_EQ(rows[1].reproduced.n, 1);
}

TEST(Rows, runs_with_another_oneDNN_on_one_instruction_set_are_a_row_of_their_own) {
  std::vector<records::RunRecord> records;
  for (std::int64_t seed = 1; seed <= 2; ++seed) {
    records.push_back(made_up::record_of(run_of("paper", "mnist", seed)));
    records.back().provenance["isa_vector_kernels"] = "avx2";
    records.back().provenance["onednn"] = seed == 1 ? "2.6.3, avx2" : "3.7.2, avx2";
    records.back().provenance["end_utc"] = fmt::format("2026-11-2{}T00:00:00Z", seed);
  }
  const auto rows = build_report(records, {made_up::paper()}).papers.front().rows;
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].variation, "oneDNN 3.7.2, avx2") << "the newest first";
  EXPECT_EQ(rows[1].variation, "oneDNN 2.6.3, avx2");
}

TEST(Rows, of_two_runs_of_one_seed_on_the_same_data_the_newer_one_counts) {
  for (const bool newer_first : {false, true}) {
    std::vector<records::RunRecord> records;
    for (const bool newer : {newer_first, !newer_first}) {
      records.push_back(made_up::record_of(run_of("paper", "mnist", 1)));
      records.back().provenance["end_utc"] = newer ? "2026-11-22T00:00:00Z" : "2026-11-21T00:00:00Z";
      records.back().run_id = newer_first == newer ? "a" : "b";
    }
    const Report report = build_report(records, {made_up::paper()});
    ASSERT_EQ(report.left_out.size(), 1u);
    EXPECT_EQ(report.left_out.front().file, newer_first ? "made-up/plain/b.h5" : "made-up/plain/a.h5");
  }
}

TEST(Rows, runs_of_other_data_are_a_row_of_their_own_with_a_name) {
  std::vector<records::RunRecord> records;
  for (std::int64_t seed = 1; seed <= 3; ++seed) {
    records.push_back(made_up::record_of(run_of("paper", "mnist", seed)));
    records.back().provenance["data_digest"] = seed == 1 ? "aaaaaaaaaa" : "bbbbbbbbbb";
    records.back().provenance["end_utc"] = fmt::format("2026-11-2{}T00:00:00Z", seed);
  }
  const auto rows = build_report(records, {made_up::paper()}).papers.front().rows;
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].variation, "data bbbbbbbb") << "the newest first";
  EXPECT_EQ(rows[0].reproduced.n, 2);
  EXPECT_EQ(rows[1].variation, "data aaaaaaaa");
}

/// A run whose recipe this version reads, and the trial that made it.
records::RunRecord run_by(const recipes::Recipe& recipe, std::int64_t seed) {
  records::RunRecord record = made_up::record_of(run_of("paper", "mnist", seed));
  record.recipe_toml = catalog::to_toml(recipe);
  return record;
}

recipes::Recipe plain_recipe(double epochs, const std::string& deviation) {
  recipes::Recipe recipe;
  recipe.paper = made_up::paper().slug;
  recipe.trial = "plain";
  recipe.scale = "paper";
  recipe.dataset = "mnist";
  recipe.model = "net";
  recipe.epochs = epochs;
  recipe.optimizer.learning_rate.value = 0.1;
  recipe.deviations = {{deviation, {}}};
  return recipe;
}

catalog::Paper paper_of_today(const recipes::Recipe& recipe) {
  catalog::Paper paper = made_up::paper();
  for (catalog::Trial& trial : paper.trials) {
    if (trial.name == recipe.trial) trial.scales = {"paper"}, trial.recipes = {recipe};
  }
  return paper;
}

TEST(Rows, runs_that_differ_in_the_catalogs_words_alone_are_one_row) {
  const recipes::Recipe then = plain_recipe(10, "so it was said"), today = plain_recipe(10, "so it is said");
  const Report report = build_report({run_by(then, 1), run_by(today, 2)}, {paper_of_today(today)});
  ASSERT_EQ(report.papers.front().rows.size(), 1u);
  EXPECT_EQ(report.papers.front().rows.front().reproduced.n, 2);
  EXPECT_EQ(report.papers.front().rows.front().deviations, recipes::deviation_texts(today));
}

TEST(Rows, todays_recipe_stands_before_an_earlier_one_with_more_seeds) {
  const recipes::Recipe then = plain_recipe(10, "as before"), today = plain_recipe(20, "as before");
  const Report report = build_report({run_by(then, 1), run_by(then, 2), run_by(today, 1)}, {paper_of_today(today)});
  const std::vector<Row>& rows = report.papers.front().rows;
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].reproduced.n, 1);
  const auto says = [](const Row& row) {
    return std::any_of(row.deviations.begin(), row.deviations.end(),
                       [](const std::string& d) { return d.find("earlier recipe") != std::string::npos; });
  };
  EXPECT_FALSE(says(rows[0]));
  EXPECT_TRUE(says(rows[1]));
}

TEST(Rows, runs_of_another_answer_version_are_a_row_of_their_own_behind_todays) {
  const recipes::Recipe recipe = plain_recipe(10, "as ever");
  records::RunRecord unnoted = run_by(recipe, 1), first = run_by(recipe, 2), today = run_by(recipe, 1);
  unnoted.provenance.erase("answer_version");
  first.provenance["answer_version"] = "1";
  const Report report = build_report({unnoted, first, today}, {paper_of_today(recipe)});
  const std::vector<Row>& rows = report.papers.front().rows;
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].reproduced.n, 1);
  EXPECT_EQ(rows[0].deviations, recipes::deviation_texts(recipe));
  EXPECT_EQ(rows[1].reproduced.n, 2);
  EXPECT_TRUE(rows[1].deviations.back().starts_with("of answer version 1:")) << rows[1].deviations.back();
}

TEST(Rows, a_precision_set_by_hand_leaves_the_recipe_todays) {
  const recipes::Recipe then = plain_recipe(10, "so it was said"), today = plain_recipe(10, "so it is said"),
                        longer = plain_recipe(20, "so it is said");
  recipes::Recipe by_hand = then;
  by_hand.precision = Precision::bf16;
  by_hand.by_hand["precision"] = "bf16";
  const auto deviations = [&](const recipes::Recipe& of_today) {
    return build_report({run_by(by_hand, 1)}, {paper_of_today(of_today)}).papers.front().rows.front().deviations;
  };
  EXPECT_EQ(deviations(today).front(), "so it is said");
  EXPECT_EQ(deviations(longer).back(), "run by an earlier recipe of this trial: the catalog's has changed since");
}

TEST(Rows, a_setting_by_hand_is_taken_from_todays_recipe_and_silences_the_words_about_it) {
  recipes::Recipe today = plain_recipe(10, "half the width");
  today.deviations.push_back({"10 epochs in place of 350", {"epochs"}});
  recipes::Recipe by_hand = today;
  by_hand.deviations = {{"so it was said", {}}};
  by_hand.epochs = 4;
  by_hand.by_hand["epochs"] = "4";
  const auto row_of_today = [&](const recipes::Recipe& of_today) {
    return build_report({run_by(by_hand, 1)}, {paper_of_today(of_today)}).papers.front().rows.front();
  };
  EXPECT_EQ(row_of_today(today).deviations, (std::vector<std::string>{"half the width", "set by hand: epochs=4"}));
  recipes::Recipe changed = today;
  changed.batch = 64;
  EXPECT_EQ(row_of_today(changed).deviations,
            (std::vector<std::string>{"so it was said", "run by an earlier recipe of this trial: the catalog's has changed since",
                                      "set by hand: epochs=4"}));
  EXPECT_EQ(row_of_today(by_hand).variation, "") << "what the catalog says itself today is not set by hand";
}

TEST(Rows, title_and_published_numbers_are_the_catalogs_of_today) {
  const recipes::Recipe then = plain_recipe(10, "as before");
  recipes::Recipe today = then;
  today.reproduces = {"table2-dropout"};
  const Row row = build_report({run_by(then, 1)}, {paper_of_today(today)}).papers.front().rows.front();
  EXPECT_EQ(row.id, "table2-dropout");
  recipes::Recipe gone = then;
  gone.trial = "gone", gone.title = "Words of a trial that is gone", gone.reproduces = {"table2-plain"};
  records::RunRecord record = run_by(gone, 1);
  record.trial = gone.trial;
  const Row stored = build_report({record}, {paper_of_today(today)}).papers.front().rows.front();
  EXPECT_EQ(stored.id, "table2-plain");
  EXPECT_EQ(stored.title, gone.title);
  EXPECT_EQ(stored.deviations.front(), "as before");
}

TEST(Rows, published_and_own_spelling_of_a_data_set_are_one) {
  catalog::Paper paper = made_up::paper();
  paper.published.front().dataset = "cifar10";
  const Report report = build_report({made_up::record_of(run_of("paper", "cifar-10", 1))}, {paper});
  EXPECT_FALSE(report.papers.front().rows.front().substitute);
}

TEST(Rows, a_substitute_data_set_is_said_and_not_compared) {
  const Row row = rows_of({run_of("paper", "fashion-mnist", 1), run_of("paper", "fashion-mnist", 2)}).front();
  EXPECT_TRUE(row.substitute);
  EXPECT_FALSE(row.comparison);
  EXPECT_EQ(row.verdict(), "not compared: substitute data set");
}

TEST(Rows, a_run_on_held_out_training_images_is_not_compared) {
  records::RunRecord record = made_up::record_of(run_of("paper", "mnist", 1));
  record.recipe_toml.insert(record.recipe_toml.find("preprocessing"), "held_out_images = 5000\n");
  const Row row = build_report({record}, {made_up::paper()}).papers.front().rows.front();
  EXPECT_TRUE(row.substitute);
  EXPECT_EQ(row.dataset, "mnist, held-out training images");
}

TEST(Rows, averaged_views_of_test_images_stand_in_the_protocol) {
  const auto protocol = [](const std::string& keys) {
    records::RunRecord record = made_up::record_of(run_of("paper", "mnist", 1));
    record.recipe_toml.insert(record.recipe_toml.find("preprocessing"), keys);
    return build_report({record}, {made_up::paper()}).papers.front().rows.front().protocol.text();
  };
  EXPECT_NE(protocol("").find("test-time augmentation none"), std::string::npos);
  EXPECT_NE(protocol("test_views = 1\n").find("test-time augmentation the image and its mirror averaged"), std::string::npos);
  EXPECT_NE(protocol("test_views = 2\n").find("test-time augmentation six views averaged"), std::string::npos);
}

TEST(Rows, a_reduced_scale_is_said_and_not_compared) {
  const Row row = rows_of({run_of("desk", "mnist", 1), run_of("desk", "mnist", 2)}).front();
  EXPECT_FALSE(row.comparison);
  EXPECT_EQ(row.verdict(), "not compared: reduced scale");
}

TEST(Rows, an_unverified_value_is_labelled_and_not_compared) {
  RunSpec run = run_of("paper", "mnist", 1);
  run.reports = {"table2-wide"};
  const Row row = rows_of({run}).front();
  EXPECT_EQ(row.published->text(), "(1.04) unverified");
  EXPECT_FALSE(row.comparison);
}

TEST(Rows, a_recipe_changed_by_hand_is_a_row_of_its_own_and_not_compared) {
  RunSpec changed = run_of("paper", "mnist", 1);
  changed.deviations = {"set by hand: optimizer.max_norm=3"};
  const std::vector<Row> rows = rows_of({changed, run_of("paper", "mnist", 1)});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_TRUE(rows[0].comparison);
  EXPECT_EQ(rows[1].variation, "optimizer.max_norm=3");
  EXPECT_EQ(rows[1].verdict(), "not compared: recipe changed by hand");
}

TEST(Rows, a_trial_without_published_number_has_its_own_row) {
  RunSpec run = run_of("desk", "mnist", 1);
  run.reports.clear();
  const Row row = rows_of({run}).front();
  EXPECT_EQ(row.id, "plain/test_error");
  EXPECT_FALSE(row.published);
  EXPECT_EQ(row.verdict(), "no published number");
}

TEST(Rows, deviations_are_footnotes_numbered_once) {
  RunSpec first = run_of("desk", "mnist", 1), second = first;
  first.deviations = {"shorter", "narrower"};
  second.trial = "dropout";
  second.deviations = {"narrower"};
  const Report report = build_report({made_up::record_of(first), made_up::record_of(second)}, {made_up::paper()});
  const PaperReport& paper = report.papers.front();
  EXPECT_EQ(paper.footnotes, (std::vector<std::string>{"shorter", "narrower"}));
  EXPECT_EQ(paper.rows[0].footnotes, (std::vector<int>{1, 2}));
  EXPECT_EQ(paper.rows[1].footnotes, (std::vector<int>{2}));
}

TEST(Rows, stand_in_the_order_of_the_catalog_with_the_papers_scale_first) {
  RunSpec wide = run_of("desk", "mnist", 1), plain = run_of("smoke", "mnist", 1), plain_paper = run_of("paper", "mnist", 1);
  wide.trial = "wide";
  const std::vector<Row> rows = rows_of({wide, plain, plain_paper});
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].scale, "paper");
  EXPECT_EQ(rows[1].scale, "smoke");
  EXPECT_EQ(rows[2].trial, "wide");
}

TEST(Rows, the_largest_number_tried_is_a_bound_where_it_did_not_suffice) {
  catalog::Paper paper = made_up::paper();
  paper.published.front().metric = "samples";
  const auto row_with = [&](double suffice) {
    records::RunRecord record = made_up::record_of(run_of("paper", "mnist", 1));
    record.results["samples"] = 100;
    record.results["samples_suffice"] = suffice;
    return build_report({record}, {paper}).papers.front().rows.front();
  };
  EXPECT_EQ(row_with(1).reproduced_text(), "100.00 (n = 1)");
  EXPECT_EQ(row_with(0).reproduced_text(), "more than 100.00 (n = 1)");
  EXPECT_EQ(row_with(0).verdict(), "not compared: a lower bound");
  EXPECT_FALSE(row_with(0).comparison);
}

TEST(Rows, a_published_median_is_said) {
  catalog::Paper paper = made_up::paper();
  paper.published.front().report = "median";
  paper.published.front().runs = 5;
  const Row row = build_report({made_up::record_of(run_of("paper", "mnist", 1))}, {paper}).papers.front().rows.front();
  EXPECT_EQ(row.deviations, std::vector<std::string>{"the published value is the median of 5 runs, ours a mean"});
}

TEST(Rows, accuracy_is_the_complement_of_the_error) {
  catalog::Paper paper = made_up::paper();
  paper.published.front().metric = "test_accuracy";
  const records::RunRecord record = made_up::record_of(run_of("paper", "mnist", 1));
  const Row row = build_report({record}, {paper}).papers.front().rows.front();
  EXPECT_NEAR(row.reproduced.mean, 100 - record.metrics.at("test_error").values.back(), 1e-9);
}

}  // namespace
}  // namespace reprise::reports
