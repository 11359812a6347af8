// Runs that learn from another trial's net: its weights are those of a run of its own, whatever was run before.

#include <gtest/gtest.h>

#include "run_folder.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/catalog/recipe_toml.hpp"
#include "suite/errors.hpp"
#include "suite/records/record_digest.hpp"
#include "suite/records/result_file.hpp"
#include "suite/runs/trained_weights.hpp"
#include "suite/runs/verification.hpp"

namespace reprise::runs {
namespace {

recipes::Recipe small(const std::string& trial, std::vector<catalog::Override> more = {}) {
  std::vector<catalog::Override> overrides{
      {"dataset", "synthetic-gray28"}, {"train_images", "60"}, {"test_images", "20"}, {"batch", "20"}, {"epochs", "2"}};
  overrides.insert(overrides.end(), more.begin(), more.end());
  return catalog::resolve("resource-efficient", trial, "smoke", overrides);
}

class TaughtRun : public RunFolder {};

TEST_F(TaughtRun, has_its_teacher_run_first_and_does_not_depend_on_what_was_run_before) {
  const records::RunRecord fresh = run(small("lenet-small-taught"), "fresh");
  const records::RunRecord teacher = run(small("lenet-w32a32"), "before"), after = run(small("lenet-small-taught"), "before");
  EXPECT_FALSE(teacher.weights.empty()) << "others need them";
  EXPECT_EQ(fresh.provenance.at("teacher_run"), teacher.run_id);
  EXPECT_EQ(fresh.weight_digests, after.weight_digests);
  EXPECT_EQ(fresh.run_id, after.run_id);
}

TEST_F(TaughtRun, without_weight_has_the_weights_of_the_run_without_a_teacher) {
  const auto alone = run(small("lenet-small")).weight_digests;
  EXPECT_EQ(run(small("lenet-small-taught", {{"teacher.weight", "0"}})).weight_digests, alone);
  EXPECT_NE(run(small("lenet-small-taught")).weight_digests, alone);
}

TEST_F(TaughtRun, is_verified_with_its_teacher_computed_again) {
  const records::Divergence divergence = verify_run(run(small("lenet-small-taught")), {}, options("elsewhere"));
  EXPECT_FALSE(divergence.differs) << records::divergence_text(divergence);
  EXPECT_GT(divergence.rows, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "elsewhere"));
}

TEST(TeacherRecipe, has_the_other_trials_settings_in_it) {
  const recipes::Recipe recipe = small("lenet-small-taught"), teacher = catalog::recipe_from_toml(recipe.teacher.recipe);
  EXPECT_EQ(recipe.teacher.recipe, catalog::settings_text(small("lenet-w32a32")));
  EXPECT_EQ(teacher.train_images, 60) << "overrides hold for both";
  EXPECT_EQ(catalog::settings_text(catalog::recipe_from_toml(catalog::to_toml(recipe))), catalog::settings_text(recipe));
  EXPECT_EQ(small("lenet-small-taught", {{"teacher.weight", "0.2"}}).teacher.recipe, recipe.teacher.recipe);
  EXPECT_TRUE(catalog::gives_weights(teacher));
  EXPECT_FALSE(catalog::gives_weights(recipe));
  ASSERT_EQ(recipes_before(recipe).size(), 1u);
  EXPECT_EQ(recipes_before(recipe)[0].trial, "lenet-w32a32");
  EXPECT_EQ(catalog::build_model(recipe).main_head().loss->name(), "distillation");
  EXPECT_EQ(catalog::build_model(small("lenet-small")).main_head().loss->name(), "softmax_cross_entropy");
  EXPECT_THROW(small("lenet-small-taught", {{"teacher.trial", "none"}}), InputError);
  EXPECT_THROW(small("lenet-small-taught", {{"teacher.trial", "structure-plain"}}), InputError) << "its samples are others";
  const recipes::Recipe again = small("lenet-small-taught", {{"teacher.trial", "lenet-small-taught"}});
  EXPECT_EQ(catalog::recipe_from_toml(again.teacher.recipe).teacher.trial, "lenet-w32a32") << "a teacher may have been taught";
}

}  // namespace
}  // namespace reprise::runs
