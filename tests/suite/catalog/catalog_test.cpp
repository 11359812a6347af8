// The catalog itself: every file reads, every trial resolves and builds at every scale, references fit.

#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/catalog/sides.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include "datasets/manifest.hpp"
#include "suite/errors.hpp"
#include "suite/procedures/procedure.hpp"

namespace reprise::catalog {
namespace {

std::string without_dashes(std::string name) {
  name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
  return name;
}

template <typename Visit>
void for_every_recipe(Visit visit) {
  for (const std::string& slug : paper_slugs()) {
    const Paper paper = load_paper(slug);
    for (const Trial& trial : paper.trials) {
      for (const std::string& scale : trial.scales) {
        SCOPED_TRACE(slug + "/" + trial.name + " " + scale);
        visit(paper, resolve(slug, trial.name, scale));
      }
    }
  }
}

TEST(Catalog, every_recipe_builds_for_its_data_set) {
  for_every_recipe([](const Paper&, const recipes::Recipe& recipe) {
    const datasets::DatasetEntry entry = sample_entry(recipe);
    const graph::Graph graph = build_model(recipe);
    EXPECT_GT(graph.trained_parameters(), 0);
    const std::int64_t expected = !procedures::of(recipe).has_labels ? graph.node(0).shape.size() : entry.classes();
    EXPECT_EQ(graph.node(graph.output()).shape.size(), expected);
  });
}

TEST(Catalog, every_mnist_trial_builds_on_fashion_mnist) {
  for_every_recipe([](const Paper& paper, const recipes::Recipe& recipe) {
    if (recipe.dataset != "mnist") return;
    const auto other = resolve(paper.slug, recipe.trial, recipe.scale, {{"dataset", "fashion-mnist"}});
    EXPECT_GT(build_model(other, {28, 28, 1}, 10).trained_parameters(), 0) << recipe.trial;
  });
}

TEST(Catalog, every_recipe_reads_back_as_it_was_written) {
  for_every_recipe([](const Paper&, const recipes::Recipe& recipe) {
    const std::string text = to_toml(recipe);
    EXPECT_EQ(to_toml(recipe_from_toml(text)), text);
  });
}

/// Or of the published set in whose place theirs was made anew: the report calls that a substitute.
TEST(Catalog, trials_report_numbers_of_their_own_data_set) {
  for_every_recipe([](const Paper& paper, const recipes::Recipe& recipe) {
    const std::string& published_set = datasets::require_entry(recipe.dataset).stands_for;
    for (const std::string& id : recipe.reproduces) {
      const PublishedNumber& number = *paper.find_published(id);
      const std::string own = tested_on(recipe, number.evaluation);
      EXPECT_EQ(without_dashes(number.dataset), without_dashes(published_set.empty() ? own : published_set)) << id;
    }
  });
}

// Of their published numbers, where there are any: trials on another one are substitutes.
TEST(Catalog, a_paper_whose_numbers_are_reproduced_has_one_of_them_as_its_headline) {
  for (const std::string& slug : paper_slugs()) {
    const Paper paper = load_paper(slug);
    std::set<std::string> reproduced;
    for (const Trial& trial : paper.trials)
      for (const recipes::Recipe& recipe : trial.recipes) reproduced.insert(recipe.reproduces.begin(), recipe.reproduces.end());
    EXPECT_EQ(reproduced.contains(paper.headline), !reproduced.empty())
        << slug << ": headline in [paper] of published.toml: " << paper.headline;
  }
}

TEST(Catalog, claims_are_about_the_data_set_of_their_numbers_or_trials) {
  for (const std::string& slug : paper_slugs()) {
    const Paper paper = load_paper(slug);
    for (const Claim& claim : paper.claims) {
      for (const std::string& id : claim.published)
        EXPECT_EQ(without_dashes(claim.dataset), without_dashes(paper.find_published(id)->dataset)) << slug << " " << claim.id;
      if (!claim.published.empty()) continue;
      const std::string side = claim.kind == "order" ? claim.sequence.front() : claim.left, trial = trials_behind(paper, side).front();
      for (const std::string& scale : claim.scales) {
        const std::string own = tested_on(resolve(slug, trial, scale), Side::parse(side).evaluation);
        EXPECT_EQ(without_dashes(claim.dataset), without_dashes(own)) << slug << " " << claim.id;
      }
    }
  }
}

TEST(Catalog, reduced_scales_say_what_they_reduce) {
  for_every_recipe([](const Paper&, const recipes::Recipe& recipe) {
    if (recipe.scale != "paper") {
      EXPECT_FALSE(recipe.deviations.empty());
    }
  });
}

TEST(Catalog, all_published_numbers_are_there) {
  const auto count = [](const char* slug) { return load_paper(slug).published.size(); };
  EXPECT_EQ(count("dropout"), 84u);
  EXPECT_EQ(count("all-cnn"), 46u);
  EXPECT_EQ(count("logavgexp"), 0u);
  EXPECT_EQ(count("softhebb"), 96u);
  EXPECT_EQ(load_paper("logavgexp").missing.size(), 2u);
  EXPECT_EQ(count("wrn"), 118u);
  EXPECT_EQ(count("mocapsnet"), 15u);
  EXPECT_EQ(count("speedrun"), 13u);
  EXPECT_EQ(load_paper("mocapsnet").missing.size(), 2u);
}

TEST(Catalog, the_long_run_of_the_dropout_paper_is_a_million_updates_of_all_images) {
  const recipes::Recipe recipe = resolve("dropout", "table2-maxnorm-3x1024", "paper");
  EXPECT_EQ(recipe.steps, 1000000);
  EXPECT_EQ(recipe.batch, 100);
  EXPECT_EQ(recipe.train_images, 0);
  EXPECT_EQ(recipe.optimizer.max_norm, 2);
  EXPECT_DOUBLE_EQ(recipe.optimizer.learning_rate.at(30000, 1000000), 0.25);
  EXPECT_NEAR(recipe.optimizer.momentum.at(1000000, 1000000), 0.95, 1e-4);  // 0.45 exp(-10) = 2e-5 below
  EXPECT_EQ(recipe.model_options.get_double("input_keep", 0), 0.8);
  EXPECT_EQ(recipe.model_options.get_double("hidden_keep", 0), 0.5);
  EXPECT_EQ(recipe.model_options.get_string("dropout_form", ""), "non_inverted");
}

TEST(Catalog, the_released_configuration_of_the_dropout_paper) {
  const recipes::Recipe recipe = resolve("dropout", "table9-dropout-maxnorm", "paper");
  EXPECT_DOUBLE_EQ(recipe.optimizer.learning_rate.at(10000, 1000000), 0.5);
  EXPECT_DOUBLE_EQ(recipe.optimizer.momentum.at(100000, 1000000), 0.99 - 0.49 * std::exp(-1.0));
  EXPECT_EQ(recipe.optimizer.max_norm, 3);
  EXPECT_EQ(recipe.optimizer.weight_decay, 0);
}

TEST(Catalog, rates_of_all_cnn_drop_after_epochs_200_250_300) {
  const recipes::Recipe recipe = resolve("all-cnn", "allcnn-c", "paper");
  const std::int64_t epoch = 391, total = 350 * epoch;  // 50,000 images in batches of 128
  const auto rate = [&](std::int64_t step) { return recipe.optimizer.learning_rate.at(step, total); };
  EXPECT_DOUBLE_EQ(rate(200 * epoch - 1), 0.05);
  EXPECT_DOUBLE_EQ(rate(200 * epoch), 0.005);
  EXPECT_DOUBLE_EQ(rate(250 * epoch), 0.0005);
  EXPECT_DOUBLE_EQ(rate(300 * epoch - 1), 0.0005);
  EXPECT_DOUBLE_EQ(rate(300 * epoch), 0.00005);
}

TEST(Catalog, the_classifier_of_softhebb_halves_its_rate_after_these_epochs) {
  const recipes::Recipe recipe = resolve("softhebb", "cifar10-3layer", "paper");
  const std::int64_t epoch = 782, total = 50 * epoch;  // 50,000 images in batches of 64
  double rate = 1e-3;
  for (const std::int64_t drop : {10, 17, 25, 30, 35, 40, 45}) {
    EXPECT_DOUBLE_EQ(recipe.optimizer.learning_rate.at(drop * epoch - 1, total), rate) << drop;
    rate /= 2;
    EXPECT_DOUBLE_EQ(recipe.optimizer.learning_rate.at(drop * epoch, total), rate) << drop;
  }
  EXPECT_EQ(recipe.hebbian.batch, 10);
  EXPECT_EQ(recipe.hebbian.epochs, 1);
  EXPECT_TRUE(recipe.augmentation.empty());
}

TEST(Catalog, a_hebbian_recipe_takes_no_augmentation) {
  EXPECT_THROW(resolve("softhebb", "cifar10-3layer", "paper", {{"augmentation", "[\"flip\"]"}}), InputError);
  EXPECT_THROW(resolve("softhebb", "cifar10-3layer", "paper", {{"hebbian.shard", "11"}}), InputError);
}

TEST(Catalog, unknown_papers_models_and_options_are_refused) {
  const auto message = [](auto call) -> std::string {
    try {
      call();
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_NE(message([] { load_paper("droput"); }).find("Did you mean 'dropout'?"), std::string::npos);
  const auto build = [](const Override& override) {
    build_model(resolve("dropout", "table2-dropout-relu", "smoke", {override}), {28, 28, 1}, 10);
  };
  EXPECT_NE(message([&] { build({"model.name", "mpl"}); }).find("Did you mean 'mlp'?"), std::string::npos);
  EXPECT_NE(message([&] { build({"model.widht", "3"}); }).find("'widht'"), std::string::npos);
  EXPECT_NE(message([&] { build({"model.activation", "rleu"}); }).find("Did you mean 'relu'?"), std::string::npos);
  EXPECT_NE(message([&] { build({"model.hidden_keep", "0"}); }).find("above 0"), std::string::npos);
  EXPECT_NE(message([&] { build({"model.hidden", "[0]"}); }).find("positive integers"), std::string::npos);
}

TEST(Catalog, auto_becomes_a_number_that_is_stored_like_one_that_was_given) {
  const recipes::Recipe chosen = resolve("all-cnn", "allcnn-c", "desk", {{"shard", "auto"}});
  ASSERT_GT(chosen.shard, 0);
  recipes::Recipe given = resolve("all-cnn", "allcnn-c", "desk", {{"shard", std::to_string(chosen.shard)}});
  EXPECT_EQ(chosen.shard, given.shard);
  EXPECT_EQ(settings_text(chosen), settings_text(given));
  EXPECT_EQ(to_toml(recipe_from_toml(to_toml(chosen))), to_toml(chosen));

  const recipes::Recipe small = resolve("all-cnn", "allcnn-c", "desk", {{"batch", "3"}, {"shard", "auto"}});
  EXPECT_LE(small.shard, 3);
  const recipes::Recipe plastic = resolve("softhebb", "cifar10-3layer", "paper", {{"hebbian.shard", "auto"}});
  EXPECT_GT(plastic.hebbian.shard, 0);
  EXPECT_LE(plastic.hebbian.shard, plastic.hebbian.batch);
  EXPECT_EQ(plastic.shard, 32);
}

TEST(Catalog, the_environment_can_name_another_folder) {
  setenv("REPRISE_EXPERIMENTS", "/nowhere/at-all", 1);
  EXPECT_EQ(experiments_directory(), "/nowhere/at-all");
  EXPECT_THROW(load_paper("dropout"), InputError);
  unsetenv("REPRISE_EXPERIMENTS");
  EXPECT_TRUE(std::filesystem::exists(experiments_directory() / "dropout" / "experiment.toml"));
}

}  // namespace
}  // namespace reprise::catalog
