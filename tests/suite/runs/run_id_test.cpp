// A run's id: what decides its numbers, and nothing else.

#include <gtest/gtest.h>

#include "suite/catalog/catalog.hpp"
#include "suite/runs/run_trial.hpp"

namespace reprise::runs {
namespace {

recipes::Recipe recipe_with(const std::vector<catalog::Override>& overrides = {}) {
  return catalog::resolve("dropout", "table2-standard", "smoke", overrides);
}

TEST(RunId, is_made_of_settings_seed_and_data) {
  const std::string id = run_id(recipe_with(), 1, "data");
  EXPECT_EQ(id.size(), 16u);
  EXPECT_EQ(run_id(recipe_with(), 1, "data"), id);
  EXPECT_NE(run_id(recipe_with(), 2, "data"), id);
  EXPECT_NE(run_id(recipe_with(), 1, "other data"), id);
  EXPECT_NE(run_id(recipe_with({{"epochs", "3"}}), 1, "data"), id);
  EXPECT_NE(run_id(recipe_with({{"optimizer.nesterov", "true"}}), 1, "data"), id);
}

TEST(RunId, does_not_change_with_words) {
  recipes::Recipe other = recipe_with();
  other.title += ", in other words";
  other.reproduces.push_back("another");
  EXPECT_EQ(run_id(other, 1, "data"), run_id(recipe_with(), 1, "data"));
}

}  // namespace
}  // namespace reprise::runs
