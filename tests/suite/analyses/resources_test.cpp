#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/layers/clustered_weights.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/quantised_activation.hpp"
#include "suite/layers/quantised_weights.hpp"
#include "suite/layers/relu.hpp"
#include "suite/losses/catalog.hpp"
#include "tests/suite/analyses/analysed.hpp"

namespace reprise::tests {
namespace {

using layers::Conv2d;
using layers::Dense;
using layers::QuantisedActivation;
using layers::QuantisedWeights;

/// Images of 4 x 4: 1x1 convolution of 2 filters, activations of 2 bits, pool, 1x1 of 3 filters with weights of 1 bit, dense.
SmallTraining small() {
  SmallTraining setup;
  setup.train.height = setup.train.width = 4;
  for (int i = 0; i < 2 * 16; ++i) setup.train.pixels.push_back(static_cast<std::uint8_t>(3 * i));
  setup.train.labels = {0, 1};
  setup.test = setup.train;
  setup.recipe.batch = setup.recipe.shard = 2;
  setup.recipe.steps = 1;  // that there is a row of the history, for times
  setup.recipe.optimizer.learning_rate.value = 0;
  setup.graph = graph::Graph({4, 4, 1});
  setup.graph.add("first", std::make_shared<Conv2d>(Conv2d::Options{.filters = 2, .filter_size = 1}));
  setup.graph.add("few", std::make_shared<QuantisedActivation>(QuantisedActivation::Options{.bits = 2}));
  setup.graph.add("pool", std::make_shared<layers::MaxPool2d>(layers::MaxPool2d::Options{}));
  setup.graph.add("second", std::make_shared<QuantisedWeights>(QuantisedWeights::Options{
                                .inner = std::make_shared<Conv2d>(Conv2d::Options{.filters = 3, .filter_size = 1, .bias = false}),
                                .quantiser = {.rule = layers::WeightRule::sign}}));
  setup.graph.add("logits", std::make_shared<Dense>(Dense::Options{.features = 2, .bias = false}));
  return setup;
}

TEST(Resources, are_counted_by_hand) {
  SmallRun run(small());
  run.set_weights("first/weight", {1, 0});
  run.set_weights("second/weight", {1, 0, 0, 2, 3, 4});
  run.run();
  const Analysed found = analysed(run, "resources");
  // Weights: 2 + 2 biases and 24 of 32 bits, 6 of 1 bit.
  EXPECT_DOUBLE_EQ(found.results.at("weight_kib"), (28 * 32 + 6) / 8.0 / 1024);
  // Largest: 16 values of 32 bits in, 32 of 32 bits out of the first layer.
  EXPECT_DOUBLE_EQ(found.results.at("activation_kib"), (16 + 32) * 4 / 1024.0);
  // 32 multiply-adds of 32 x 32 bits; 24 of 1 x 2, through the pool; 24 of 32 x 32.
  EXPECT_DOUBLE_EQ(found.results.at("bit_operations"), 32 * 1024 + 24 * 2 + 24 * 1024);
  EXPECT_DOUBLE_EQ(found.results.at("nonzero_weights"), 100.0 * (32 - 3) / 32);
  for (const char* timing : {"images_per_second_alone", "images_per_second_of_64", "inference_gflops"}) {
    ASSERT_EQ(found.timing.at(timing).values.size(), 1u);
    EXPECT_GT(found.timing.at(timing).values[0], 0);
  }
}

TEST(Resources, of_shared_values_are_the_codebook_and_the_bits_that_choose_from_it) {
  SmallTraining setup = small();
  setup.graph = graph::Graph({4, 4, 1});
  setup.graph.add("shared", std::make_shared<layers::ClusteredWeights>(layers::ClusteredWeights::Options{
                                .inner = std::make_shared<Conv2d>(Conv2d::Options{.filters = 6, .filter_size = 1}), .values = 5}));
  setup.graph.add("logits", std::make_shared<Dense>(Dense::Options{.features = 2, .bias = false}));
  SmallRun run(setup);
  run.set_weights("shared/codebook", {0, 1, 2, 3, 4});
  run.set_weights("shared/cluster", {4, 0, 1, 0, 0, 3});
  run.run();
  const Analysed found = analysed(run, "resources");
  // Weights: 5 values, 6 biases and 192 of 32 bits, 6 of 3 bits.
  EXPECT_DOUBLE_EQ(found.results.at("weight_kib"), ((5 + 6 + 192) * 32 + 6 * 3) / 8.0 / 1024);
  EXPECT_DOUBLE_EQ(found.results.at("bit_operations"), (6 * 16 + 192) * 1024) << "products are of real numbers";
  EXPECT_DOUBLE_EQ(found.results.at("nonzero_weights"), 100.0 * (198 - 3) / 198);
}

/// What is measured is no part of a result's digest; what is counted is.
TEST(Resources, times_are_timings_and_counts_are_results) {
  SmallRun run(small());
  const Analysed found = analysed(run, "resources");
  EXPECT_EQ(found.results.size(), 4u);
  EXPECT_EQ(found.results.count("images_per_second_alone"), 0u);
}

TEST(IntegerInference, of_weights_on_levels_errs_like_the_net_of_float32) {
  SmallTraining setup = small();
  setup.graph = graph::Graph({4, 4, 1});
  setup.graph.add("first", std::make_shared<Conv2d>(Conv2d::Options{.filters = 2, .filter_size = 1, .bias = false}));
  setup.graph.add("relu", std::make_shared<layers::Relu>());
  setup.graph.add("second", std::make_shared<Conv2d>(Conv2d::Options{.filters = 2, .filter_size = 4, .bias = false}));
  setup.recipe.analysis_options.set("calibration_images", std::int64_t{2});
  SmallRun run(setup);
  run.set_weights("first/weight", {1, -1});
  std::vector<float> second(2 * 2 * 16, 0.0f);
  for (std::size_t i = 0; i < 16; ++i) second[i] = 127.0f, second[32 + i] = 64.0f;
  run.set_weights("second/weight", second);
  run.run();
  // The first class always has more: the second image, whose label is 1, is wrong.
  const Analysed found = analysed(run, "integer_inference");
  EXPECT_EQ(found.results.at("integer_error"), 50);
  EXPECT_EQ(found.results.at("integer_error_increase"), 0);
  EXPECT_DOUBLE_EQ(found.results.at("integer_weight_kib"), (2 * 4 + 64) / 1024.0);
  for (const char* timing : {"float_images_per_second", "integer_images_per_second", "integer_speedup"})
    EXPECT_GT(found.timing.at(timing).values.at(0), 0);
}

TEST(IntegerInference, needs_products_of_whole_numbers) {
  graph::Graph graph({1, 2, 1});
  graph.add("logits", std::make_shared<Dense>(Dense::Options{.features = 2}));
  recipes::Recipe recipe;
  recipe.analyses = {"integer_inference"};
  EXPECT_THROW(analyses::check_analyses({recipe, graph}), InputError);
  graph::Graph copy({1, 2, 1});
  copy.add("copy", std::make_shared<Dense>(Dense::Options{.features = 2}));
  copy.add_head({.node = copy.last(), .loss = losses::make_loss("squared_error"), .target = losses::Target::input});
  recipe.analyses = {"resources"};
  EXPECT_THROW(analyses::check_analyses({recipe, copy}), InputError);
}

}  // namespace
}  // namespace reprise::tests
