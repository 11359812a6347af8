// Overrides, and recipes written as TOML and read back.

#include "suite/catalog/recipe_toml.hpp"

#include <gtest/gtest.h>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"

namespace reprise::catalog {
namespace {

using recipes::Recipe;

Recipe small_recipe() {
  return recipe_from_toml(R"(
paper = "dropout"
trial = "x"
scale = "desk"
dataset = "mnist"
epochs = 3
deviations = ["with \"quotes\", a \\ and\ta tab"]
model = { name = "mlp", hidden = [64, 32], keep = [1, 0.5], rate = 1e-7, whole = 2.0, count = 2, names = ["a"], none = [], yes = true }
optimizer.learning_rate = { kind = "step", value = 0.1, milestones = [0.25, 0.6] }
)");
}

std::string message_of_override(const std::string& key, const std::string& value) {
  Recipe recipe = small_recipe();
  try {
    apply_override(recipe, key, value);
    check_recipe(recipe);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(RecipeToml, writing_and_reading_is_the_identity) {
  const std::string text = to_toml(small_recipe());
  EXPECT_EQ(to_toml(recipe_from_toml(text)), text);
}

TEST(RecipeToml, reading_keeps_every_field) {
  Recipe recipe = small_recipe();
  recipe.precision = Precision::bf16;
  recipe.steps = 12;
  recipe.analyses = {"saliency"};
  recipe.analysis_options.set("images", std::int64_t{5});
  recipe.optimizer.nesterov = true;
  recipe.optimizer.momentum.value = 0.1 + 0.2;  // needs all 17 digits
  recipe.optimizer.lookahead_steps = 5, recipe.optimizer.lookahead_decay = 0.9;
  recipe.optimizer.frozen = {"a/bias"}, recipe.optimizer.frozen_from = 0.25;
  recipe.optimizer.learning_rate.start = 0.2;
  recipe.drop_last = true, recipe.test_views = 2;
  const Recipe back = recipe_from_toml(to_toml(recipe));
  EXPECT_EQ(back.precision, Precision::bf16);
  EXPECT_EQ(back.steps, 12);
  EXPECT_EQ(back.epochs, 3);
  EXPECT_EQ(back.analyses, recipe.analyses);
  EXPECT_EQ(back.analysis_options.get_int("images", 0), 5);
  EXPECT_TRUE(back.optimizer.nesterov);
  EXPECT_EQ(back.optimizer.momentum.value, 0.1 + 0.2);
  EXPECT_EQ(back.optimizer.lookahead_steps, 5);
  EXPECT_EQ(back.optimizer.lookahead_decay, 0.9);
  EXPECT_EQ(back.optimizer.frozen, recipe.optimizer.frozen);
  EXPECT_EQ(back.optimizer.frozen_from, 0.25);
  EXPECT_EQ(back.optimizer.learning_rate.start, 0.2);
  EXPECT_TRUE(back.drop_last);
  EXPECT_EQ(back.test_views, 2);
  EXPECT_EQ(back.deviations, recipe.deviations);
  EXPECT_EQ(back.model_options.values(), recipe.model_options.values());
}

TEST(RecipeToml, a_number_keeps_the_schedule_and_another_kind_starts_afresh) {
  Recipe recipe = small_recipe();
  apply_override(recipe, "optimizer.learning_rate", "0.5");
  EXPECT_EQ(recipe.optimizer.learning_rate.kind, "step");
  EXPECT_EQ(recipe.optimizer.learning_rate.value, 0.5);
  apply_override(recipe, "optimizer.learning_rate.kind", "cosine");
  EXPECT_EQ(recipe.optimizer.learning_rate.value, 0);
  EXPECT_TRUE(recipe.optimizer.learning_rate.milestones.empty());
}

TEST(RecipeToml, epochs_replace_steps_of_an_earlier_layer) {
  Recipe recipe = small_recipe();
  apply_override(recipe, "steps", "100");
  EXPECT_EQ(recipe.steps, 100);
  apply_override(recipe, "epochs", "2");
  EXPECT_EQ(recipe.steps, 0);
}

TEST(RecipeToml, another_model_forgets_the_options_of_the_one_before) {
  Recipe recipe = small_recipe();
  apply_override(recipe, "model.hidden", "[8]");
  EXPECT_TRUE(recipe.model_options.has("keep"));
  apply_override(recipe, "model.name", "convnet");
  EXPECT_TRUE(recipe.model_options.values().empty());
}

TEST(RecipeToml, text_that_is_not_toml_is_a_string) {
  Recipe recipe = small_recipe();
  apply_override(recipe, "dataset", "fashion-mnist");
  EXPECT_EQ(recipe.dataset, "fashion-mnist");
  apply_override(recipe, "dataset", "\"mnist\"");
  EXPECT_EQ(recipe.dataset, "mnist");
}

TEST(RecipeToml, a_setting_that_changes_something_is_a_deviation) {
  Recipe recipe = small_recipe();
  const std::size_t before = recipe.deviations.size();
  apply_override(recipe, "epochs", "3");
  EXPECT_EQ(recipe.deviations.size(), before);
  apply_override(recipe, "epochs", "4");
  ASSERT_EQ(recipe.deviations.size(), before + 1);
  EXPECT_EQ(recipe.deviations.back(), "set by hand: epochs=4");
}

TEST(RecipeToml, wrong_settings_name_the_flag_and_what_was_meant) {
  EXPECT_NE(message_of_override("optimizer.max_nrom", "2").find("--set optimizer.max_nrom"), std::string::npos);
  EXPECT_NE(message_of_override("optimizer.max_nrom", "2").find("Did you mean 'max_norm'?"), std::string::npos);
  EXPECT_NE(message_of_override("optimiser.max_norm", "2").find("Did you mean 'optimizer'?"), std::string::npos);
  EXPECT_NE(message_of_override("epochs", "many").find("the string \"many\""), std::string::npos);
  EXPECT_NE(message_of_override("precision", "f16").find("one of"), std::string::npos);
  EXPECT_NE(message_of_override("batch", "4").find("shard"), std::string::npos);
  EXPECT_NE(message_of_override("shard", "some").find("\"auto\""), std::string::npos);
  EXPECT_NE(message_of_override("shard", "0").find("at least 1"), std::string::npos);
  EXPECT_NE(message_of_override("", "4").find("a key"), std::string::npos);
  EXPECT_NE(message_of_override("title", "x").find("'title'"), std::string::npos);
  EXPECT_NE(message_of_override("epochs", "1\nbatch = 3").find("the string"), std::string::npos);
}

}  // namespace
}  // namespace reprise::catalog
