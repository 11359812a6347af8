// Overrides, and recipes written as TOML and read back.

#include "suite/catalog/recipe_toml.hpp"

#include <gtest/gtest.h>

#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/errors.hpp"
#include "tests/suite/catalog/refusal_of.hpp"

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
words = { deviations = ["with \"quotes\", a \\ and\ta tab", { text = "short", keys = ["epochs"] }], by_hand = { "model.rate" = "1e-7" } }
model = { name = "mlp", hidden = [64, 32], keep = [1, 0.5], rate = 1e-7, whole = 2.0, count = 2, names = ["a"], none = [], yes = true }
optimizer.learning_rate = { kind = "step", value = 0.1, milestones = [0.25, 0.6] }
)");
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
  recipe.optimizer.lookahead_steps = 5, recipe.optimizer.lookahead_decay = 0.9, recipe.optimizer.averaging_decay = 0.75;
  recipe.optimizer.frozen = {"a/bias"}, recipe.optimizer.frozen_from = 0.25;
  recipe.optimizer.learning_rate.start = 0.2;
  recipe.optimizer.momentum.values = {0.5, 0.25};
  recipe.optimizer.rules = {{.match = "*/bias", .rate = 2.0, .decay = 0.0},
                            {.match = "a \"b\"", .rate_steps = 1e4, .rate_power = 0.75, .frozen = {0.1, 0.5}},
                            {.match = "c", .rate_until = 0.375}};
  recipe.optimizer.muon = {.match = {"conv*/weight"}, .learning_rate = {.kind = "linear", .value = 0.24}, .momentum = 0.7};
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
  EXPECT_EQ(back.optimizer.averaging_decay, 0.75);
  EXPECT_EQ(back.optimizer.frozen, recipe.optimizer.frozen);
  EXPECT_EQ(back.optimizer.frozen_from, 0.25);
  EXPECT_EQ(back.optimizer.learning_rate.start, 0.2);
  EXPECT_EQ(back.optimizer.momentum.values, recipe.optimizer.momentum.values);
  EXPECT_EQ(back.optimizer.rules, recipe.optimizer.rules);
  EXPECT_EQ(back.optimizer.muon.match, recipe.optimizer.muon.match);
  EXPECT_EQ(back.optimizer.muon.learning_rate.kind, "linear");
  EXPECT_EQ(back.optimizer.muon.learning_rate.value, 0.24);
  EXPECT_EQ(back.optimizer.muon.momentum, 0.7);
  EXPECT_TRUE(back.drop_last);
  EXPECT_EQ(back.test_views, 2);
  EXPECT_EQ(back.deviations, recipe.deviations);
  EXPECT_EQ(back.deviations[1].keys, std::vector<std::string>{"epochs"});
  EXPECT_EQ(back.by_hand, recipe.by_hand);
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

TEST(RecipeToml, a_setting_that_changes_something_is_noted_and_silences_the_words_about_it) {
  using Notes = std::map<std::string, std::string>;
  Recipe recipe = small_recipe();
  recipe.by_hand.clear();
  apply_override(recipe, "epochs", "3");
  EXPECT_EQ(recipe.by_hand, Notes{});
  EXPECT_EQ(recipes::deviation_texts(recipe).size(), 2u);
  apply_override(recipe, "epochs", "4");
  EXPECT_EQ(recipe.by_hand, (Notes{{"epochs", "4"}}));
  EXPECT_EQ(recipes::deviation_texts(recipe).size(), 1u);
  EXPECT_EQ(recipe.deviations.size(), 2u);
}

TEST(RecipeToml, notes_of_overrides_that_were_taken_back_are_forgotten) {
  using Notes = std::map<std::string, std::string>;
  Recipe recipe = small_recipe();
  recipe.by_hand.clear();
  apply_override(recipe, "steps", "7");
  apply_override(recipe, "model.rate", "2");
  apply_override(recipe, "optimizer.learning_rate.factor", "0.5");
  apply_override(recipe, "optimizer.max_norm", "2");
  apply_override(recipe, "epochs", "4");
  apply_override(recipe, "model.name", "convnet");
  apply_override(recipe, "optimizer.learning_rate.kind", "cosine");
  apply_override(recipe, "optimizer.kind", "adam");
  EXPECT_EQ(recipe.by_hand, (Notes{{"epochs", "4"},
                                   {"model.name", "convnet"},
                                   {"optimizer.kind", "adam"},
                                   {"optimizer.learning_rate.kind", "cosine"},
                                   {"optimizer.max_norm", "2"}}));
}

TEST(RecipeToml, words_are_no_settings) {
  Recipe recipe = small_recipe();
  const std::string settings = settings_text(recipe);
  recipe.title = "Another", recipe.reproduces = {"x"}, recipe.by_hand["batch"] = "3", recipe.deviations.clear();
  EXPECT_EQ(settings_text(recipe), settings);
  EXPECT_TRUE(to_toml(recipe).starts_with(settings));
  for (const FieldDifference& difference : compare_recipes(small_recipe(), recipe)) EXPECT_TRUE(difference.is_word) << difference.key;
  recipe.model_options.set("count", std::int64_t{3});
  recipe.test_views = 1;
  std::vector<std::string> settings_that_differ;
  for (const FieldDifference& difference : compare_recipes(small_recipe(), recipe))
    if (!difference.is_word) settings_that_differ.push_back(difference.key + " " + difference.a + " " + difference.b);
  EXPECT_EQ(settings_that_differ, (std::vector<std::string>{"model.count 2 3", "test_views  1"}));
}

/// Another value than a row has.
struct Change {
  const recipes::Field& field;
  void operator()(bool* value) const { *value = !*value; }
  void operator()(Precision* value) const { *value = Precision::bf16; }
  void operator()(std::string* value) const {
    *value = field.key == "procedure" ? "autoencoder" : field.among.empty() ? *value + "x" : field.among.back();
  }
  void operator()(std::vector<double>* value) const { value->push_back(0.125); }
  void operator()(std::vector<std::string>* value) const { value->push_back(field.key == "analyses" ? "saliency" : "x"); }
  void operator()(std::vector<recipes::Deviation>* value) const { value->push_back({"x", {"batch"}}); }
  void operator()(std::vector<optimizers::Rule>* value) const { value->push_back({.match = "*/bias", .rate = 2.0, .frozen = {0.25, 1}}); }
  void operator()(std::vector<recipes::PhaseRecipe>* value) const { value->push_back({.name = "x", .share = 1, .rate = 0.5}); }
  void operator()(std::vector<recipes::ProbeRecipe>* value) const {
    *value = {{.name = "svm", .dataset = "cifar-10", .side = 64, .nodes = {"fc.relu"}, .parts = {1, 2}, .labelled = 400, .subsets = 10}};
  }
  void operator()(std::vector<recipes::EvaluationRecipe>* value) const { *value = {{.name = "dense", .sides = {64}, .places = "whole"}}; }
  void operator()(std::map<std::string, std::string>* value) const { (*value)["batch"] = "2"; }
  void operator()(recipes::Options* value) const { value->set("extra", 0.5); }
  template <typename Number>
  requires std::is_arithmetic_v<Number>
  void operator()(Number* value) const {
    *value += static_cast<Number>(field.max <= 1 ? -0.0625 : 1);
    if (static_cast<double>(*value) < field.min) *value = static_cast<Number>(field.max <= 1 ? 0.0625 : 2);
  }
};

/// Each row's value, changed, is written, read back and found by compare_recipes: a row cannot point to another's member.
TEST(RecipeToml, every_row_of_the_table_has_a_member_of_its_own) {
  for (const recipes::Field& field : recipes::fields()) {
    SCOPED_TRACE(field.key);
    Recipe recipe = small_recipe();
    recipe.procedure = field.key == "procedure" ? "supervised" : "hebbian";  // the latter writes all rows
    if (field.only_with != nullptr)
      std::visit(Change{*recipes::find_field(field.only_with)}, recipes::find_field(field.only_with)->at(recipe));
    const Recipe before = recipe;
    std::visit(Change{field}, field.at(recipe));
    EXPECT_FALSE(recipes::same_value(field, before, recipe));
    const std::vector<FieldDifference> differences = compare_recipes(before, recipe);
    if (field.key != "procedure") {
      ASSERT_FALSE(differences.empty());
      EXPECT_EQ(recipes::find_field(differences[0].key), &field);
      for (std::size_t i = 1; i < differences.size(); ++i) EXPECT_EQ(recipes::find_field(differences[i].key)->only_with, field.key);
    }
    EXPECT_EQ(to_toml(stored_recipe(to_toml(recipe), Strictness::strict)), to_toml(recipe));
  }
}

TEST(RecipeToml, recipes_of_answer_version_1_are_read) {
  const Recipe recipe = recipe_from_toml(R"TOML(paper = "wrn"
trial = "wrn-10-1"
scale = "desk"
title = "WRN-10-1"
procedure = "supervised"
dataset = "fashion-mnist"
train_images = 3000
test_images = 5000
preprocessing = ["scale", "standardize"]
augmentation = ["flip", "crop(pad=4,mode=reflect)"]
batch = 32
shard = 8
epochs = 1.0
steps = 0
precision = "bf16"
label_smoothing = 0.0
evaluations = 1
analyses = []
reports = ["table4-wrn-10-1"]
deviations = ["a tenth of the images", "set by hand: batch=32", "set by hand: preprocessing=['scale', 'standardize']"]

[model]
name = "wrn"
depth = 10

[optimizer]
kind = "sgd"
nesterov = true
beta1 = 0.9
beta2 = 0.999
epsilon = 1e-08
weight_decay = 0.0005
l1 = 0.0
max_norm = 0.0

[optimizer.learning_rate]
kind = "step"
value = 0.1
final = 0.0
factor = 0.2
decay_steps = 0.0
warmup = 0.0
milestones = [0.3, 0.6]

[optimizer.momentum]
kind = "constant"
value = 0.9
final = 0.0
factor = 0.1
decay_steps = 0.0
warmup = 0.0
milestones = []

[analysis]
)TOML");
  EXPECT_EQ(recipe.title, "WRN-10-1");
  EXPECT_EQ(recipe.reproduces, std::vector<std::string>{"table4-wrn-10-1"});
  EXPECT_EQ(recipe.deviations, (std::vector<recipes::Deviation>{{"a tenth of the images", {}}}));
  EXPECT_EQ(recipe.by_hand, (std::map<std::string, std::string>{{"batch", "32"}, {"preprocessing", "['scale', 'standardize']"}}));
  EXPECT_EQ(recipe.augmentation, (std::vector<std::string>{"flip", "crop(mode=reflect,pad=4)"}));
  EXPECT_EQ(recipe.optimizer.learning_rate.milestones, (std::vector<double>{0.3, 0.6}));
  EXPECT_EQ(to_toml(recipe_from_toml(to_toml(recipe))), to_toml(recipe));
}

TEST(RecipeToml, rules_are_tables_and_a_later_layer_replaces_them) {
  Recipe recipe = small_recipe();
  apply_override(recipe, "optimizer.rule", "[{ match = '*/bias', rate = 2 }, { match = 'top/*', frozen = [0, 0.5] }]");
  EXPECT_EQ(recipe.optimizer.rules,
            (std::vector<optimizers::Rule>{{.match = "*/bias", .rate = 2.0}, {.match = "top/*", .frozen = {0, 0.5}}}));
  apply_override(recipe, "optimizer.rule", "[]");
  EXPECT_TRUE(recipe.optimizer.rules.empty());
  const auto refused = [](const char* value) { return refusal_of(small_recipe(), "optimizer.rule", value); };
  EXPECT_NE(refused("[{ rate = 2 }]").find("'match'"), std::string::npos);
  EXPECT_NE(refused("[{ match = 'a', rates = 2 }]").find("rates"), std::string::npos);
  EXPECT_NE(refused("[{ match = 'a', rate = -1 }]").find("at least 0"), std::string::npos);
  EXPECT_NE(refused("[{ match = 'a', frozen = [0.5, 0.25] }]").find("two shares"), std::string::npos);
  EXPECT_NE(refused("[{ match = 'a', rate_until = 1.5 }]").find("a share of the run"), std::string::npos);
  EXPECT_NE(refused("[{ match = 'a', rate_steps = 10 }]").find("rate_power"), std::string::npos);
  EXPECT_NE(refused("0.5").find("a list of tables"), std::string::npos);
}

TEST(RecipeToml, phases_are_tables_whose_shares_add_up_to_1) {
  Recipe recipe = small_recipe();
  const char* const text = "[{ name = 'a', share = 0.25 }, { name = 'b', share = 0.75, heads = 'main', rate = 0.5, milestones = [0.5] }]";
  apply_override(recipe, "phase", text);
  EXPECT_EQ(recipe.phases,
            (std::vector<recipes::PhaseRecipe>{{.name = "a", .share = 0.25},
                                               {.name = "b", .share = 0.75, .heads = "main", .rate = 0.5, .milestones = {0.5}}}));
  EXPECT_EQ(stored_recipe(to_toml(recipe), Strictness::strict).phases, recipe.phases);
  const auto refused = [](const char* value) { return refusal_of(small_recipe(), "phase", value); };
  EXPECT_NE(refused("[{ name = 'a', share = 0.5 }]").find("add up to 1"), std::string::npos);
  EXPECT_NE(refused("[{ name = 'a', share = 1, heads = 'mian' }]").find("main"), std::string::npos);
  EXPECT_NE(refused("[{ name = 'a', share = 1, milestones = [0.5] }]").find("no rate"), std::string::npos);
  EXPECT_NE(refused("[{ share = 1 }]").find("'name'"), std::string::npos);
}

TEST(RecipeToml, stages_are_names_or_tables) {
  Recipe recipe = small_recipe();
  apply_override(recipe, "preprocessing", R"(["scale", { standardize = { std = [63, 62.1], mean = [125.3, 123.0] } }])");
  apply_override(recipe, "augmentation", R"([{ crop = { pad = 4, mode = "reflect" } }, { flip = {} }])");
  EXPECT_EQ(recipe.preprocessing, (std::vector<std::string>{"scale", "standardize(mean=125.3/123,std=63/62.1)"}));
  EXPECT_EQ(recipe.augmentation, (std::vector<std::string>{"crop(mode=reflect,pad=4)", "flip"}));
  EXPECT_NE(to_toml(recipe).find(R"(augmentation = [{ crop = { mode = "reflect", pad = 4 } }, "flip"])"), std::string::npos);
  EXPECT_EQ(recipe_from_toml(to_toml(recipe)).preprocessing, recipe.preprocessing);
  EXPECT_NE(refusal_of(small_recipe(), "augmentation", "[\"crop(pad=4)\"]").find("{ name = { key = value } }"), std::string::npos);
  EXPECT_NE(refusal_of(small_recipe(), "augmentation", "[{ crop = { pad = true } }]").find("{ name = { key = value } }"),
            std::string::npos);
}

TEST(RecipeToml, wrong_settings_name_the_flag_and_what_was_meant) {
  EXPECT_NE(refusal_of(small_recipe(), "optimizer.max_nrom", "2").find("--set optimizer.max_nrom"), std::string::npos);
  EXPECT_NE(refusal_of(small_recipe(), "optimizer.max_nrom", "2").find("Did you mean 'max_norm'?"), std::string::npos);
  EXPECT_NE(refusal_of(small_recipe(), "optimiser.max_norm", "2").find("Did you mean 'optimizer'?"), std::string::npos);
  EXPECT_NE(refusal_of(small_recipe(), "epochs", "many").find("the string \"many\""), std::string::npos);
  EXPECT_NE(refusal_of(small_recipe(), "precision", "f16").find("one of"), std::string::npos);
  EXPECT_NE(refusal_of(small_recipe(), "batch", "4").find("shard"), std::string::npos);
  EXPECT_NE(refusal_of(small_recipe(), "shard", "some").find("\"auto\""), std::string::npos);
  EXPECT_NE(refusal_of(small_recipe(), "shard", "0").find("at least 1"), std::string::npos);
  EXPECT_NE(refusal_of(small_recipe(), "", "4").find("a key"), std::string::npos);
  EXPECT_NE(refusal_of(small_recipe(), "title", "x").find("'title'"), std::string::npos);
  EXPECT_NE(refusal_of(small_recipe(), "deviations", "[]").find("'deviations'"), std::string::npos);
  EXPECT_NE(
      refusal_of(small_recipe(), "learning_rate", "0.1").find("Did you mean 'optimizer.learning_rate' or 'optimizer.muon.learning_rate'?"),
      std::string::npos);
  EXPECT_NE(refusal_of(small_recipe(), "max_norm", "2").find("Did you mean 'optimizer.max_norm'?"), std::string::npos);
  EXPECT_NE(refusal_of(small_recipe(), "epochs", "1\nbatch = 3").find("the string"), std::string::npos);
}

}  // namespace
}  // namespace reprise::catalog
