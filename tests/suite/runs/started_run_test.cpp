// Runs that start from the weights of another trial, and evaluations at their end: nothing depends on what was run before, and no weight on
// an evaluation.

#include "suite/runs/trained_weights.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "run_folder.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/errors.hpp"
#include "suite/records/record_digest.hpp"
#include "suite/records/result_file.hpp"
#include "suite/runs/verification.hpp"

namespace reprise::runs {
namespace {

namespace fs = std::filesystem;

/// VGG's A and D on 32 pixels, three steps of ten images; D starts from A. With `rate` 1e-30 nothing is learned.
recipes::Recipe small(const std::string& trial, std::vector<catalog::Override> more = {}) {
  std::vector<catalog::Override> overrides{
      {"dataset", "synthetic-color32"}, {"train_images", "30"}, {"test_images", "12"}, {"batch", "10"}, {"shard", "4"},
      {"model.widths", "[4, 4, 4, 4]"}, {"model.features", "8"}};
  overrides.insert(overrides.end(), more.begin(), more.end());
  return catalog::resolve("vgg", trial, "smoke", overrides);
}

class Starts : public RunFolder {
 protected:
  /// The only result of a trial.
  fs::path file_of(const std::string& trial, const std::string& out = "out") const {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.path() / out / "vgg" / trial))
      if (entry.path().extension() == ".h5") return entry.path();
    return {};
  }
  static std::string repeatable(records::RunRecord record) {
    record.weights.clear();
    return records::record_digest(record, records::Part::repeatable);
  }
};

TEST_F(Starts, weights_do_not_depend_on_evaluations) {
  const records::RunRecord with = run(small("cifar-a")), without = run(small("cifar-a", {{"evaluation", "[]"}}));
  EXPECT_EQ(with.weight_digests, without.weight_digests);
  EXPECT_EQ(with.test_predictions, without.test_predictions);
  EXPECT_TRUE(without.evaluations.empty());
  ASSERT_EQ(with.evaluations.size(), 3u);
  for (const auto& [name, evaluation] : with.evaluations) EXPECT_EQ(evaluation.predictions.size(), 12u) << name;
  EXPECT_EQ(with.evaluations.at("dense").scores.size(), 120u);
  EXPECT_TRUE(with.evaluations.at("both").scores.empty());
}

/// A learns at its own rate, D at one at which nothing changes.
TEST_F(Starts, the_named_parameters_are_those_of_the_other_net) {
  const std::vector<catalog::Override> nothing_learned{{"optimizer.learning_rate.value", "1e-30"}, {"optimizer.weight_decay", "0"}};
  RunOptions keep = options("out");
  keep.keep_weights = true;
  const auto weights = [&](const recipes::Recipe& recipe) { return records::read_result(run_trial(recipe, 2, keep).file).weights; };
  recipes::Recipe recipe = small("cifar-d", nothing_learned);
  recipe.start.recipe = catalog::settings_text(small("cifar-a"));
  const auto started = weights(recipe), learned = records::read_result(file_of("cifar-a")).weights;
  recipe.start = {};
  const auto drawn = weights(recipe);
  for (const char* taken : {"conv1.1.weight", "conv3.2.weight", "dense6.weight", "logits.weight", "logits.bias"}) {
    EXPECT_EQ(started.at(taken).values, learned.at(taken).values) << taken;
    EXPECT_NE(started.at(taken).values, drawn.at(taken).values) << taken;
  }
  for (const char* own : {"conv1.2.weight", "conv3.3.weight", "conv4.1.weight"})
    EXPECT_EQ(started.at(own).values, drawn.at(own).values) << own;
}

TEST_F(Starts, what_was_run_before_changes_nothing) {
  const records::RunRecord fresh = run(small("cifar-d"), "fresh");
  ASSERT_TRUE(fs::exists(file_of("cifar-a", "fresh"))) << "the start is a run of its own";
  EXPECT_FALSE(records::read_result(file_of("cifar-a", "fresh")).weights.empty());
  EXPECT_FALSE(fresh.provenance.at("initial_weights_run").empty());
  run(small("cifar-a"), "after");
  const records::RunRecord after = run(small("cifar-d"), "after");
  EXPECT_EQ(repeatable(after), repeatable(fresh));
  EXPECT_EQ(repeatable(records::read_result(file_of("cifar-a", "after"))), repeatable(records::read_result(file_of("cifar-a", "fresh"))));
  EXPECT_NE(fresh.weight_digests, run(small("cifar-d", {{"start.trial", "\"\""}})).weight_digests);
}

TEST_F(Starts, a_start_without_weights_or_with_damage_is_computed_again) {
  const std::string expected = repeatable(run(small("cifar-d"), "fresh"));
  for (const bool damaged : {false, true}) {
    const std::string out = damaged ? "damaged" : "bare";
    records::RunRecord start = run(small("cifar-a"), out);
    const fs::path file = file_of("cifar-a", out);
    fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
    if (damaged) {
      std::fstream(file, std::ios::binary | std::ios::in | std::ios::out).seekp(3000).put('x');
    } else {
      start.weights.clear();
      records::write_result(start, file);
    }
    EXPECT_EQ(repeatable(run(small("cifar-d"), out)), expected) << out;
    EXPECT_FALSE(records::read_result(file).weights.empty()) << out;
  }
}

TEST_F(Starts, verification_computes_the_start_again) {
  const records::RunRecord record = run(small("cifar-d"));
  const records::Divergence divergence = verify_run(record, {}, options("elsewhere"));
  EXPECT_FALSE(divergence.differs) << records::divergence_text(divergence);
  EXPECT_GT(divergence.rows, 0);
  EXPECT_FALSE(fs::exists(folder_.path() / "elsewhere"));
}

TEST(StartRecipe, has_the_other_trials_settings_in_it) {
  const recipes::Recipe recipe = small("cifar-d"), start = catalog::recipe_from_toml(recipe.start.recipe);
  EXPECT_EQ(recipe.start.recipe, catalog::settings_text(small("cifar-a")));
  EXPECT_EQ(start.trial, "cifar-a");
  EXPECT_EQ(start.batch, 10) << "overrides hold for both";
  EXPECT_EQ(catalog::settings_text(catalog::recipe_from_toml(catalog::to_toml(recipe))), catalog::settings_text(recipe));
  EXPECT_EQ(small("cifar-d", {{"start.trial", "\"\""}}).start.recipe, "");
  EXPECT_NE(small("cifar-d", {{"optimizer.weight_decay", "0"}}).start.recipe, recipe.start.recipe);
  EXPECT_THROW(small("cifar-d", {{"start.trial", "none"}}), InputError);
  EXPECT_TRUE(catalog::gives_weights(start));
  EXPECT_FALSE(catalog::gives_weights(recipe));
}

TEST(StartRecipe, stands_in_the_papers_recipes_as_resolve_gives_it) {
  for (const catalog::Trial& trial : catalog::load_paper("vgg").trials)
    for (const std::string& scale : trial.scales)
      EXPECT_EQ(catalog::settings_text(*trial.recipe_at(scale)), catalog::settings_text(catalog::resolve("vgg", trial.name, scale)))
          << trial.name << " " << scale;
}

TEST(TrainedWeights, refuse_what_does_not_fit) {
  const recipes::Recipe recipe = small("cifar-a");
  const graph::Graph graph = catalog::build_model(recipe, {32, 32, 3}, 10);
  graph::Parameters parameters(graph);
  TrainedWeights start{"id", {{"logits.bias", {{10}, std::vector<float>(10, 1)}}, {"dense7.bias", {{3}, {1, 2, 3}}}}};
  EXPECT_THROW(start.put_into(parameters, {.trial = "x", .parameters = {"conv9*"}, .recipe = {}}, ranks::Team::alone()), InputError);
  EXPECT_THROW(start.put_into(parameters, {.trial = "x", .parameters = {"dense7/bias"}, .recipe = {}}, ranks::Team::alone()), InputError);
  EXPECT_THROW(start.put_into(parameters, {.trial = "x", .parameters = {"dense6/bias"}, .recipe = {}}, ranks::Team::alone()), InputError);
  start.put_into(parameters, {.trial = "x", .parameters = {"logits/bias"}, .recipe = {}}, ranks::Team::alone());
  EXPECT_EQ(parameters.of(parameters.list().back())[9], 1);
}

}  // namespace
}  // namespace reprise::runs
