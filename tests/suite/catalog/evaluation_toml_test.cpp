#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/catalog/recipe_toml.hpp"
#include "suite/catalog/sides.hpp"
#include "suite/errors.hpp"
#include "tests/suite/catalog/refusal_of.hpp"

namespace reprise::catalog {
namespace {

using recipes::Recipe;

Recipe plain() {
  return resolve("dropout", "table2-standard", "smoke");
}

TEST(EvaluationToml, evaluations_are_tables_that_may_name_earlier_ones) {
  Recipe recipe = plain();
  const std::string text =
      "[{ name = \"crops\", sides = [256, 384], places = \"grid\", mirrored = true }, { name = \"dense\", places = \"whole\", scores = "
      "true }, "
      "{ name = \"both\", of = [\"crops\", \"dense\"], weights = [1, 2.5] }, "
      "{ name = \"video\", clips = 8, output = \"scores.last\", hits = [1, 5] }]";
  apply_override(recipe, "evaluation", text);
  ASSERT_EQ(recipe.final_evaluations.size(), 4u);
  EXPECT_EQ(recipe.final_evaluations[3].clips, 8);
  EXPECT_EQ(recipe.final_evaluations[3].output, "scores.last");
  EXPECT_EQ(recipe.final_evaluations[3].hits, (std::vector<std::int64_t>{1, 5}));
  const recipes::EvaluationRecipe& crops = recipe.final_evaluations[0];
  EXPECT_EQ(crops.sides, (std::vector<std::int64_t>{256, 384}));
  EXPECT_EQ(crops.grid, 5);
  EXPECT_TRUE(crops.mirrored);
  EXPECT_EQ(crops.average, "probabilities");
  EXPECT_TRUE(recipe.final_evaluations[1].scores);
  EXPECT_EQ(recipe.final_evaluations[2].weights, (std::vector<double>{1, 2.5}));
  EXPECT_EQ(stored_recipe(to_toml(recipe), Strictness::strict).final_evaluations, recipe.final_evaluations);
  EXPECT_EQ(settings_text(plain()).find("\nevaluation = "), std::string::npos) << "an old recipe's text, and with it its run id, stays";

  const auto refused = [](const std::string& value) { return refusal_of(plain(), "evaluation", value); };
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"[{ name = \"a\" }, { name = \"a\" }]", "used once"},
      {"[{ name = \"A b\" }]", "small letters"},
      {"[{ name = \"a\", places = \"edge\" }]", "places"},
      {"[{ name = \"a\", sides = [2.5] }]", "whole numbers"},
      {"[{ name = \"a\", sides = [0] }]", "whole numbers"},
      {"[{ name = \"a\", grid = 3 }]", "places = \"grid\""},
      {"[{ name = \"a\", places = \"grid\", grid = 1 }]", "2 to 64"},
      {"[{ name = \"a\", of = [\"b\"] }, { name = \"b\" }]", "before this one"},
      {"[{ name = \"a\" }, { name = \"b\", average = \"logits\" }, { name = \"c\", of = [\"a\", \"b\"] }]", "or none"},
      {"[{ name = \"a\" }, { name = \"b\", of = [\"a\"], mirrored = true }]", "no views beside"},
      {"[{ name = \"a\" }, { name = \"b\", of = [\"a\"], weights = [1, 2] }]", "one for each"},
      {"[{ name = \"a\" }, { name = \"b\", of = [\"a\"], weights = [0] }]", "positive"},
      {"[{ name = \"a\", clips = -1 }]", "from 0 to"},
      {"[{ name = \"a\", clips = 2, mirrored = true }]", "no other views"},
      {"[{ name = \"a\", hits = [2] }]", "hit_at_k"},
      {"[{ name = \"a\", scores = true, dataset = \"cifar-10-c\" }]", "no dataset beside it"},
      {"[{ name = \"a\", test_images = 3 }]", "dataset beside it"},
      {"[{ name = \"a\", dataset = \"cifar-10-c\", test_images = -3 }]", "from 0 to"},
      {"[{ name = \"a\", dataset = \"cifar-10-c\" }, { name = \"b\", of = [\"a\"] }]", "of another data set"},
      {"[{ name = \"a\" }, { name = \"b\", of = [\"a\"], dataset = \"cifar-10-c\" }]", "no views beside"},
      {"[{ name = \"a\", view = 3 }]", "view"}};
  for (const auto& [value, part] : wrong) EXPECT_NE(refused(value).find(part), std::string::npos) << value << ": " << refused(value);
}

TEST(EvaluationToml, an_evaluation_may_look_at_another_set) {
  Recipe recipe = plain();
  apply_override(recipe, "evaluation", "[{ name = \"corrupted\", dataset = \"cifar-10-c\", test_images = 500 }, { name = \"own\" }]");
  ASSERT_EQ(recipe.final_evaluations.size(), 2u);
  EXPECT_EQ(recipe.final_evaluations[0].dataset, "cifar-10-c");
  EXPECT_EQ(recipe.final_evaluations[0].test_images, 500);
  EXPECT_EQ(stored_recipe(to_toml(recipe), Strictness::strict).final_evaluations, recipe.final_evaluations);
  EXPECT_EQ(recipes::data_sets(recipe), (std::vector<std::string>{recipe.dataset, "cifar-10-c"}));
  EXPECT_EQ(tested_on(recipe, "corrupted"), "cifar-10-c");
  EXPECT_EQ(tested_on(recipe, "own"), recipe.dataset);
  check_recipe(recipe);
  recipe.held_out_images = 100;
  EXPECT_THROW(check_recipe(recipe), InputError);
}

}  // namespace
}  // namespace reprise::catalog
