#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/dropout.hpp"
#include "suite/losses/catalog.hpp"
#include "tests/suite/analyses/analysed.hpp"

namespace reprise::tests {
namespace {

TEST(Generalisation, both_errors_are_of_plain_images_and_a_net_that_infers) {
  SmallTraining setup;
  setup.train.pixels = {9, 0, 0, 9, 9, 0, 0, 9}, setup.train.labels = {0, 1, 0, 0};  // one label is wrong
  setup.test.pixels = {9, 0, 0, 9}, setup.test.labels = {1, 1};
  setup.recipe.batch = setup.recipe.shard = 2;
  setup.recipe.augmentation = {"cutout(size=4)", "flip"};  // would hide or swap both pixels
  setup.recipe.mixing = {"mixup"};
  setup.graph.add("dropout", std::make_shared<layers::Dropout>(layers::Dropout::Options{.keep = 0.01}));
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  SmallRun run(setup);
  run.set_weights("logits/weight", {1, 0, 0, 1});
  const Analysed found = analysed(run, "generalisation");
  EXPECT_EQ(found.results.at("clean_train_error"), 25);
  EXPECT_EQ(found.results.at("generalisation_gap"), 50 - 25);
}

TEST(Generalisation, needs_labels) {
  graph::Graph graph({1, 2, 1});
  graph.add("copy", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  graph.add_head({.node = graph.last(), .loss = losses::make_loss("squared_error"), .target = losses::Target::input});
  recipes::Recipe recipe;
  recipe.analyses = {"generalisation"};
  EXPECT_THROW(analyses::check_analyses({recipe, graph}), InputError);
}

}  // namespace
}  // namespace reprise::tests
