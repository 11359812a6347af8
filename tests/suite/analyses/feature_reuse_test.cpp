#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/layers/average_pool2d.hpp"
#include "suite/layers/concat.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/relu.hpp"
#include "tests/suite/analyses/analysed.hpp"

namespace reprise::tests {
namespace {

using layers::Concat;
using layers::Conv2d;

SmallTraining pixels() {
  SmallTraining setup;
  setup.graph = graph::Graph({1, 1, 2});
  setup.train.height = setup.train.width = 1;
  setup.train.channels = 2;
  setup.train.pixels = {8, 0, 0, 4, 2, 2};
  setup.train.labels = {0, 1, 0};
  setup.test = setup.train;
  setup.recipe.batch = setup.recipe.shard = 1;
  return setup;
}

/// A block behind a convolution of 2 maps: one layer adds 1 map, the next 2; then a second block, on 1 map, of one layer.
SmallTraining two_blocks() {
  SmallTraining setup = pixels();
  graph::Graph& graph = setup.graph;
  const auto convolution = [&](const char* name, std::int64_t filters) {
    return graph.add(name, std::make_shared<Conv2d>(Conv2d::Options{.filters = filters, .filter_size = 1, .bias = false}));
  };
  const graph::NodeId input = convolution("stem", 2);
  graph.add("relu1", std::make_shared<layers::Relu>());
  convolution("one", 1);
  const graph::NodeId first = graph.add("join1", std::make_shared<Concat>(), {input, graph.last()});
  graph.add("relu2", std::make_shared<layers::Relu>());
  convolution("two", 2);
  graph.add("join2", std::make_shared<Concat>(), {first, graph.last()});
  graph.add("relu3", std::make_shared<layers::Relu>());
  const graph::NodeId transition = convolution("transition", 1);
  convolution("three", 1);
  graph.add("join3", std::make_shared<Concat>(), {transition, graph.last()});
  graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  return setup;
}

TEST(FeatureReuse, means_by_hand) {
  const SmallTraining setup = two_blocks();
  SmallRun run(setup);
  run.set_weights("one/weight", {1, -3});                    // 2 on the input
  run.set_weights("two/weight", {1, 1, 8, -1, -1, 8});       // 1 on the input, 8 on what layer one added
  run.set_weights("transition/weight", {1, 1, 0.1f, 4, 4});  // 1, 0.1 of a mean of 2.02: neglected, and 4
  run.set_weights("three/weight", {5});                      // 5 on the input of the second block
  run.set_weights("logits/weight", {1, 4, 1, 2});            // 1 on the input, 3 on what layer three added
  const Analysed found = analysed(run, "feature_reuse");
  // Pairs: one 1, two 2, transition 3; three 1, logits 2. Of the second block only the logits read more than its input.
  EXPECT_DOUBLE_EQ(found.results.at("reused_sources"), 100.0 * 8 / 9);
  EXPECT_DOUBLE_EQ(found.results.at("block_input_weight"), 1.0 / 3);
  const records::Images& picture = found.images.at("feature_reuse_1");
  EXPECT_EQ(picture.height, 3 * 13 + 1);
  EXPECT_EQ(picture.width, 3 * 13 + 1);
  const auto red = [&](std::int64_t row, std::int64_t column) {
    return picture.pixels.at(static_cast<std::size_t>(((row * 13 + 5) * picture.width + column * 13 + 5) * 3));
  };
  EXPECT_EQ(red(1, 1), 8) << "the largest of the block";
  EXPECT_EQ(red(0, 0), 255 - 62) << "a quarter of it";
  EXPECT_EQ(red(2, 1), 225) << "a layer does not read itself";
  EXPECT_EQ(found.images.at("feature_reuse_2").width, 2 * 13 + 1);
}

TEST(FeatureReuse, needs_joined_maps) {
  SmallTraining setup = pixels();
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.recipe.analyses = {"feature_reuse"};
  EXPECT_THROW(analyses::check_analyses({setup.recipe, setup.graph}), InputError);
}

}  // namespace
}  // namespace reprise::tests
