// What a run refuses, and when: before it trains, whatever it can know by then.

#include "suite/runs/run_trial.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>
#include <vector>

#include "suite/analyses/analysis.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "tests/support/container_writer.hpp"
#include "tests/support/temporary_folder.hpp"

namespace reprise::runs {
namespace {

namespace fs = std::filesystem;

class Refusal : public testing::Test {
 protected:
  Refusal() { ::setenv("REPRISE_DATA", folder_.path().c_str(), 1); }

  /// The message of a run that would train for days; nothing may be left of it.
  std::string of(const std::string& trial, std::vector<catalog::Override> overrides) const {
    overrides.push_back({"epochs", "1000000"});
    RunOptions options;
    options.data = folder_.path();
    options.out = folder_.path() / "out";
    options.threads = 1;
    try {
      run_trial(catalog::resolve("all-cnn", trial, "smoke", overrides), 1, options);
    } catch (const InputError& error) {
      for (const fs::directory_entry& entry : fs::recursive_directory_iterator(options.out))
        EXPECT_TRUE(entry.is_directory()) << entry.path();
      return error.what();
    }
    return "it ran";
  }
  static void expect(const std::string& text, const std::string& part) { EXPECT_NE(text.find(part), std::string::npos) << text; }

  tests::TemporaryFolder folder_;
};

TEST_F(Refusal, of_an_analysis_that_makes_pictures_of_four_channels_comes_before_training) {
  {
    tests::ContainerWriter writer(folder_.path() / "four.h5");
    for (const std::string split : {"/train", "/test"}) {
      writer.images((split + "/images").c_str(), {4, 4, 32, 32});
      writer.labels((split + "/labels").c_str(), {0, 1, 0, 1});
    }
  }
  const std::string text = of("maps", {{"dataset", "four"}, {"train_images", "0"}, {"test_images", "0"}, {"preprocessing", "[\"scale\"]"}});
  expect(text, "analysis 'saliency', which makes pictures of images");
  expect(text, "1 or 3 channels");
}

TEST_F(Refusal, of_an_option_of_no_analysis_comes_before_training) {
  const std::string text = of("maps", {{"dataset", "synthetic-color32"}, {"analysis.imges", "3"}});
  expect(text, "imges");
  expect(of("maps", {{"dataset", "synthetic-color32"}, {"analysis.images", "0"}}), "analysis.images");
}

TEST(CheckAnalyses, passes_every_recipe_of_the_catalog) {
  int checked = 0;
  for (const std::string& slug : catalog::paper_slugs())
    for (const catalog::Trial& trial : catalog::load_paper(slug).trials)
      for (const recipes::Recipe& recipe : trial.recipes) {
        if (recipe.analyses.empty()) continue;
        EXPECT_NO_THROW(analyses::check_analyses({recipe, catalog::build_model(recipe)}))
            << slug << "/" << trial.name << " " << recipe.scale;
        ++checked;
      }
  EXPECT_GT(checked, 0);
}

}  // namespace
}  // namespace reprise::runs
