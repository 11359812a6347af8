// The size of shards that the model of costs recommends.

#include "suite/execution/shard_choice.hpp"

#include <gtest/gtest.h>

#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/flatten.hpp"
#include "suite/layers/relu.hpp"

namespace reprise::execution {
namespace {

graph::Graph small_convolutional_net(std::int64_t filters) {
  graph::Graph graph({32, 32, 3});
  graph.add("conv1", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = filters, .filter_size = 3, .padding = 1}));
  graph.add("relu1", std::make_shared<layers::Relu>());
  graph.add("conv2", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = filters, .filter_size = 3, .padding = 1}));
  graph.add("flatten", std::make_shared<layers::Flatten>());
  graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 10}));
  return graph;
}

TEST(ShardModel, a_shard_that_is_mostly_padding_is_paid_for) {
  const ShardModel model(small_convolutional_net(32), Precision::f32);
  EXPECT_GT(model.step_seconds(100, 32, 1), 1.2 * model.step_seconds(100, 25, 1));  // 128 samples computed, not 100
  const std::int64_t chosen = model.choose(100);
  EXPECT_LE((100 + chosen - 1) / chosen * chosen, 105);
}

TEST(ShardModel, small_shards_pay_for_weights_and_large_ones_for_cores_that_wait) {
  const ShardModel model(small_convolutional_net(64), Precision::f32);
  EXPECT_GT(model.step_seconds(128, 1, 1), model.step_seconds(128, 8, 1));
  EXPECT_GT(model.step_seconds(128, 64, 16), 3 * model.step_seconds(128, 8, 16));
  EXPECT_EQ(model.step_seconds(128, 128, 1), model.step_seconds(128, 128, 16));
}

TEST(ShardModel, the_choice_is_the_best_of_what_the_model_says_for_one_to_sixteen_cores) {
  const ShardModel model(small_convolutional_net(48), Precision::bf16);
  const auto product = [&](std::int64_t shard) {
    double all = 1;
    for (const int workers : {1, 2, 4, 8, 16}) all *= model.step_seconds(128, shard, workers) / model.step_seconds(128, 8, workers);
    return all;
  };
  const std::int64_t chosen = model.choose(128);
  for (std::int64_t shard = 1; shard <= 64; ++shard) EXPECT_LE(product(chosen), product(shard) * (1 + 1e-12)) << shard;
  EXPECT_GE(chosen, 2);
  EXPECT_LE(chosen, 16);
}

TEST(ShardModel, never_more_samples_than_the_batch_has) {
  const ShardModel model(small_convolutional_net(16), Precision::f32);
  for (const std::int64_t batch : {1, 2, 3, 10}) EXPECT_LE(model.choose(batch), batch);
  EXPECT_EQ(model.candidates(10, 5).count(5), 1u);
  EXPECT_LE(*model.candidates(10, 5).rbegin(), 10);
}

TEST(ShardModel, layers_cut_by_features_do_not_ask_for_small_shards) {
  graph::Graph graph({1, 1, 4096});
  graph.add("hidden", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 4096}));
  graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 10}));
  ASSERT_GT(graph.node(1).layer->output_partitions(std::vector<SampleShape>{{1, 1, 4096}}), 0);
  const ShardModel model(graph, Precision::f32);
  EXPECT_GE(model.choose(100), 10);
}

}  // namespace
}  // namespace reprise::execution
