#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/global_max_pool.hpp"
#include "suite/layers/relu.hpp"
#include "tests/suite/analyses/analysed.hpp"

namespace reprise::tests {
namespace {

SmallTraining corners() {
  SmallTraining setup;
  setup.graph = graph::Graph({2, 2, 1});
  setup.train.height = setup.train.width = 2;
  setup.train.pixels = {8, 0, 0, 0, 0, 4, 0, 0, 0, 0, 2, 0};
  setup.train.labels = {0, 1, 0};
  setup.test = setup.train;
  setup.recipe.batch = setup.recipe.shard = 1;
  setup.recipe.analysis_options.set("images", std::int64_t{1});
  return setup;
}

TEST(Turns, changes_of_a_dense_net_by_hand) {
  SmallTraining setup = corners();
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  SmallRun run(setup);
  run.set_weights("logits/weight", {1, 0, 0, 0, 0, 0.5, 0, 0});
  const Analysed found = analysed(run, "turns");
  // The corner goes to lower left, lower right and, with another guess, upper right: (8, 0), then (0, 0), (0, 0), (0, 4).
  EXPECT_DOUBLE_EQ(found.results.at("turned_output_change"), 1);
  EXPECT_DOUBLE_EQ(found.results.at("turned_guesses_changed"), 100.0 / 3);
  EXPECT_TRUE(found.images.empty());
}

TEST(Turns, a_net_that_pools_over_all_positions_does_not_change_and_its_maps_turn) {
  SmallTraining setup = corners();
  setup.recipe.analysis_options.set("images", std::int64_t{3});
  setup.recipe.analysis_options.set("node", std::string("relu"));
  setup.recipe.analysis_options.set("orientations", std::int64_t{1});
  setup.graph.add("relu", std::make_shared<layers::Relu>());
  setup.graph.add("pool", std::make_shared<layers::GlobalMaxPool>());
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  SmallRun run(setup);
  run.set_weights("logits/weight", {1, -1});
  const Analysed found = analysed(run, "turns");
  EXPECT_EQ(found.results.at("turned_output_change"), 0);
  EXPECT_EQ(found.results.at("turned_guesses_changed"), 0);
  const records::Images& maps = found.images.at("turned_maps");
  EXPECT_EQ(maps.count, 4);
  EXPECT_EQ(maps.pixels, (std::vector<std::uint8_t>{255, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 255, 0, 0}));
  EXPECT_EQ(maps.captions.at(2), "turned by 180, orientation 0");
  setup.recipe.analysis_options.set("orientations", std::int64_t{2});
  SmallRun two(setup);
  EXPECT_THROW(analysed(two, "turns"), InputError);
}

TEST(Turns, needs_square_images) {
  SmallTraining setup = corners();
  setup.graph = graph::Graph({1, 4, 1});
  setup.train.height = setup.test.height = 1, setup.train.width = setup.test.width = 4;
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  SmallRun run(setup);
  EXPECT_THROW(analysed(run, "turns"), InputError);
}

}  // namespace
}  // namespace reprise::tests
