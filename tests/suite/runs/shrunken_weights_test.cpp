#include "suite/runs/shrunken_weights.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "suite/errors.hpp"
#include "suite/layers/add.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/flatten.hpp"
#include "suite/layers/relu.hpp"

namespace reprise::runs {
namespace {

using layers::Conv2d;
using layers::Dense;
using Floats = std::vector<float>;
using Tensors = std::map<std::string, records::Tensor>;

/// 1x1 convolutions on maps of 1 x 2 pixels: `filters` of them, norm, ReLU, dense.
graph::Graph chain(std::int64_t filters) {
  graph::Graph graph({1, 2, 2});
  graph.add("conv", std::make_shared<Conv2d>(Conv2d::Options{.filters = filters, .filter_size = 1}));
  graph.add("norm", std::make_shared<layers::BatchNorm>(layers::BatchNorm::Options{}));
  graph.add("relu", std::make_shared<layers::Relu>());
  graph.add("next", std::make_shared<Conv2d>(Conv2d::Options{.filters = 2, .filter_size = 1, .bias = false}));
  graph.add("flat", std::make_shared<layers::Flatten>());
  graph.add("logits", std::make_shared<Dense>(Dense::Options{.features = 2}));
  return graph;
}

/// Of three filters: sums of |w| 3, 9, 5; |gamma| 7, 1, 2.
Tensors of_three() {
  return {{"conv.weight", {{3, 2, 1, 1}, {1, -2, 4, 5, -3, 2}}},
          {"conv.bias", {{3}, {10, 20, 30}}},
          {"norm.gamma", {{3}, {-7, 1, 2}}},
          {"norm.beta", {{3}, {0.1f, 0.2f, 0.3f}}},
          {"norm.running_mean", {{3}, {1, 2, 3}}},
          {"norm.running_var", {{3}, {4, 5, 6}}},
          {"next.weight", {{2, 3, 1, 1}, {1, 2, 3, 4, 5, 6}}},
          {"logits.weight", {{2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}}},
          {"logits.bias", {{2}, {1, 2}}}};
}

TEST(ShrunkenWeights, the_largest_filters_stay_with_all_that_belongs_to_them) {
  const Tensors taken = shrunken_weights(chain(2), of_three(), {.trial = "large", .shrink = "weights", .recipe = {}});
  EXPECT_EQ(taken.at("conv.weight").shape, (std::vector<std::int64_t>{2, 2, 1, 1}));
  EXPECT_EQ(taken.at("conv.weight").values, (Floats{4, 5, -3, 2})) << "in their order";
  EXPECT_EQ(taken.at("conv.bias").values, (Floats{20, 30}));
  EXPECT_EQ(taken.at("norm.gamma").values, (Floats{1, 2}));
  EXPECT_EQ(taken.at("norm.running_var").values, (Floats{5, 6}));
  EXPECT_EQ(taken.at("next.weight").values, (Floats{2, 3, 5, 6}));
  EXPECT_EQ(taken.at("logits.weight").values, of_three().at("logits.weight").values);
}

TEST(ShrunkenWeights, or_those_of_the_largest_gamma) {
  const Tensors taken = shrunken_weights(chain(2), of_three(), {.trial = "large", .shrink = "norm", .recipe = {}});
  EXPECT_EQ(taken.at("conv.weight").values, (Floats{1, -2, -3, 2}));
  EXPECT_EQ(taken.at("norm.running_mean").values, (Floats{1, 3}));
  EXPECT_EQ(taken.at("next.weight").values, (Floats{1, 3, 4, 6}));
}

TEST(ShrunkenWeights, a_net_of_the_same_size_keeps_everything) {
  const Tensors all = of_three(), taken = shrunken_weights(chain(3), all, {.trial = "large", .shrink = "weights", .recipe = {}});
  ASSERT_EQ(taken.size(), all.size());
  for (const auto& [name, tensor] : all) EXPECT_EQ(taken.at(name).values, tensor.values) << name;
}

/// Maps of 1 x 2 positions of which one channel stays: both positions' weights of that channel.
TEST(ShrunkenWeights, a_dense_layer_loses_a_channel_at_every_position) {
  graph::Graph graph({1, 2, 1});
  graph.add("conv", std::make_shared<Conv2d>(Conv2d::Options{.filters = 1, .filter_size = 1, .bias = false}));
  graph.add("flat", std::make_shared<layers::Flatten>());
  graph.add("logits", std::make_shared<Dense>(Dense::Options{.features = 2, .bias = false}));
  const Tensors taken =
      shrunken_weights(graph, {{"conv.weight", {{2, 1, 1, 1}, {1, -3}}}, {"logits.weight", {{2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}}}},
                       {.trial = "large", .shrink = "weights", .recipe = {}});
  EXPECT_EQ(taken.at("logits.weight").values, (Floats{2, 4, 6, 8}));
}

TEST(ShrunkenWeights, refuses_what_it_cannot_do) {
  const auto shrink = [](const graph::Graph& graph, const Tensors& weights, const std::string& by) {
    return shrunken_weights(graph, weights, {.trial = "large", .shrink = by, .recipe = {}});
  };
  EXPECT_THROW(shrink(chain(4), of_three(), "weights"), InputError) << "more filters than there are";
  Tensors lacking = of_three();
  lacking.erase("norm.beta");
  EXPECT_THROW(shrink(chain(2), lacking, "weights"), InputError);
  graph::Graph added({1, 1, 1});
  const auto conv = [](std::int64_t filters) {
    return std::make_shared<Conv2d>(Conv2d::Options{.filters = filters, .filter_size = 1, .bias = false});
  };
  const graph::NodeId a = added.add("a", conv(1), {0}), b = added.add("b", conv(1), {0});
  added.add("add", std::make_shared<layers::Add>(), {a, b});
  EXPECT_THROW(shrink(added, {{"a.weight", {{2, 1, 1, 1}, {1, 2}}}, {"b.weight", {{2, 1, 1, 1}, {2, 1}}}}, "weights"), InputError)
      << "channel 1 of a, 0 of b";
  EXPECT_THROW(shrink(added, {{"a.weight", {{2, 1, 1, 1}, {1, 2}}}, {"b.weight", {{2, 1, 1, 1}, {2, 1}}}}, "norm"), InputError)
      << "no norm";
}

}  // namespace
}  // namespace reprise::runs
