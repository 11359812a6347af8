#include <gtest/gtest.h>

#include "suite/analyses/analysis.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/catalog/trial_lists.hpp"

namespace reprise::runs {
namespace {

/// What a demonstration sets by hand may leave an analysis out whose option its recipe has: that is refused before training.
TEST(Demo, analyses_are_those_that_its_recipes_have_options_for) {
  for (const catalog::DemoEntry& row : catalog::load_demo()) {
    const recipes::Recipe recipe = catalog::resolve(row.paper, row.trial, row.scale, row.overrides);
    const graph::Graph graph = catalog::build_model(recipe, {28, 28, 1}, 10);
    EXPECT_NO_THROW(analyses::check_analyses({recipe, graph})) << row.paper << "/" << row.trial;
  }
}

}  // namespace
}  // namespace reprise::runs
