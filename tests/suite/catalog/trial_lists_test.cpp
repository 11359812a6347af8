#include "suite/catalog/trial_lists.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "datasets/manifest.hpp"
#include "suite/errors.hpp"

namespace reprise::catalog {
namespace {

TEST(Demo, runs_trials_of_every_paper_on_data_that_every_machine_has) {
  const std::vector<DemoEntry> rows = load_demo();
  EXPECT_GE(rows.size(), 12u);
  std::set<std::string> papers;
  for (const DemoEntry& row : rows) {
    papers.insert(row.paper);
    const auto& set = datasets::require_entry(resolve(row.paper, row.trial, row.scale, row.overrides).dataset);
    EXPECT_EQ(set.base.empty() ? set.name : set.base, "fashion-mnist") << row.paper << "/" << row.trial;
    EXPECT_GE(row.seeds, 1);
  }
  EXPECT_EQ(papers.size(), paper_slugs().size());
}

TEST(Demo, nets_build_on_grey_images_of_28_pixels) {
  double tera_operations = 0;
  std::map<std::string, double> by_paper;
  for (const DemoEntry& row : load_demo()) {
    const recipes::Recipe recipe = resolve(row.paper, row.trial, row.scale, row.overrides);
    const graph::Graph graph = build_model(recipe, {28, 28, 1}, 10);
    EXPECT_GT(recipe.train_images, 0);
    const double spent =
        1e-12 * row.seeds * static_cast<double>(graph.training_flops()) * static_cast<double>(recipe.train_images) * recipe.epochs;
    by_paper[row.paper] += spent;
    tera_operations += spent;
  }
  EXPECT_LT(tera_operations, 27.0) << testing::PrintToString(by_paper);  // under six minutes at 80 GFLOP/s: two slow cores, narrow nets
}

TEST(OneAnswerList, names_a_trial_of_every_paper_that_has_a_smoke_scale) {
  std::set<std::string> listed, expected;
  for (const LayoutEntry& entry : load_one_answer()) {
    listed.insert(entry.paper);
    EXPECT_NE(load_paper(entry.paper).find_trial(entry.trial), nullptr) << entry.paper << "/" << entry.trial;
  }
  for (const std::string& slug : paper_slugs())
    for (const Trial& trial : load_paper(slug).trials)
      if (trial.recipe_at("smoke") != nullptr) expected.insert(slug);
  EXPECT_EQ(listed, expected);
}

TEST(Demo, overrides_are_split_at_the_first_equals_sign) {
  const Override override = parse_override("model.name=a=b");
  EXPECT_EQ(override.key, "model.name");
  EXPECT_EQ(override.value, "a=b");
  EXPECT_THROW(parse_override("epochs"), InputError);
  EXPECT_THROW(parse_override("=2"), InputError);
}

}  // namespace
}  // namespace reprise::catalog
