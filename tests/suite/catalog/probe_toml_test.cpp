#include "suite/catalog/probe_toml.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/catalog/recipe_toml.hpp"
#include "tests/suite/catalog/refusal_of.hpp"

namespace reprise::catalog {
namespace {

recipes::Recipe plain() {
  return resolve("vgg", "cifar-a", "smoke");
}

TEST(ProbeToml, reads_back_as_it_was_written) {
  recipes::Recipe recipe = plain();
  EXPECT_EQ(settings_text(recipe).find("probe"), std::string::npos) << "an old recipe's text, and with it its run id, stays";
  EXPECT_EQ(settings_text(recipe).find("surrogate"), std::string::npos);
  apply_override(
      recipe, "probe",
      "[{ name = \"stl10\", dataset = \"stl-10\", folds = true, nodes = [\"conv1.relu\"] }, { name = \"few\", nodes = [\"a\", \"b\"], "
      "side = 64, parts = [1, 2, 4], labelled = 40, subsets = 3, test_images = 100, constant_from = 0.01, constant_to = 10, "
      "constants = 7 }]");
  apply_override(recipe, "surrogate.classes", "50");
  apply_override(recipe, "surrogate.windows", "[32, 62.5]");
  ASSERT_EQ(recipe.probes.size(), 2u);
  EXPECT_TRUE(recipe.probes[0].folds);
  EXPECT_EQ(recipe.probes[0].parts, std::vector<std::int64_t>{2});
  EXPECT_EQ(recipe.probes[1].labelled, 40);
  EXPECT_EQ(recipe.probes[1].constant_to, 10);
  const recipes::Recipe back = recipe_from_toml(to_toml(recipe));
  EXPECT_EQ(back.probes, recipe.probes);
  EXPECT_EQ(back.surrogate, recipe.surrogate);
  EXPECT_EQ(back.surrogate.windows, (std::vector<double>{32, 62.5}));
}

TEST(ProbeToml, refuses_what_is_no_probe) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"[{ name = \"a\" }]", "nodes"},
      {"[{ nodes = [\"x\"] }]", "name"},
      {"[{ name = \"A b\", nodes = [\"x\"] }]", "small letters"},
      {"[{ name = \"a\", nodes = [\"x\"] }, { name = \"a\", nodes = [\"x\"] }]", "used once"},
      {"[{ name = \"a\", nodes = [\"x\"], parts = [] }]", "at least one"},
      {"[{ name = \"a\", nodes = [\"x\"], parts = [1.5] }]", "whole numbers"},
      {"[{ name = \"a\", nodes = [\"x\"], folds = true, labelled = 3 }]", "folds"},
      {"[{ name = \"a\", nodes = [\"x\"], subsets = 3 }]", "labelled beside it"},
      {"[{ name = \"a\", nodes = [\"x\"], constant_from = 2 }]", "the larger one last"},
      {"[{ name = \"a\", nodes = [\"x\"], constants = 0 }]", "from 1"},
      {"[{ name = \"a\", nodes = [\"x\"], classifier = \"tree\" }]", "classifier"}};
  for (const auto& [value, part] : wrong)
    EXPECT_NE(refusal_of(plain(), "probe", value).find(part), std::string::npos) << value << ": " << refusal_of(plain(), "probe", value);
  EXPECT_EQ(refusal_of(plain(), "probe", "[{ name = \"a\", nodes = [\"x\"] }]"), "");
}

TEST(Surrogate, has_two_classes_at_least) {
  EXPECT_NE(refusal_of(plain(), "surrogate.classes", "1").find("two surrogate classes"), std::string::npos);
  EXPECT_NE(refusal_of(plain(), "surrogate.scale", "0.5").find("1 to 4"), std::string::npos);
  EXPECT_EQ(refusal_of(plain(), "surrogate.classes", "2"), "");
}

}  // namespace
}  // namespace reprise::catalog
