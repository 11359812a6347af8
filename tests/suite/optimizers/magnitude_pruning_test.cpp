#include "suite/optimizers/magnitude_pruning.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "suite/errors.hpp"
#include "suite/layers/dense.hpp"
#include "suite/optimizers/optimizer.hpp"

namespace reprise::optimizers {
namespace {

using Floats = std::vector<float>;

/// Two dense layers of 4 weights each, without biases but on the second.
struct TwoLayers {
  TwoLayers() : graph({1, 1, 2}) {
    graph.add("first", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2, .bias = false}));
    graph.add("second", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
    parameters.emplace(graph);
    set(0, {4, -1, 2, -8});
    set(1, {0.5f, 16, -32, 64});
    set(2, {0.1f, 0.2f});
  }
  void set(int index, const Floats& values) { std::copy(values.begin(), values.end(), parameters->of(parameters->at(index))); }
  Floats get(int index) const {
    const graph::Parameter& parameter = parameters->at(index);
    return {parameters->of(parameter), parameters->of(parameter) + parameter.count};
  }
  /// One step with the same gradient for every weight.
  void step(Optimizer& optimizer, std::int64_t at, std::int64_t total, float gradient) {
    const auto terms = optimizer.terms(at, total);
    for (int p = 0; p < 3; ++p) {
      const Floats gradients(static_cast<std::size_t>(parameters->at(p).count), gradient);
      optimizer.update_rows(*parameters, p, 0, parameters->at(p).rows(), gradients.data(), terms);
    }
    optimizer.finish_step(*parameters, terms);
  }
  graph::Graph graph;
  std::optional<graph::Parameters> parameters;
};

TEST(MagnitudePruning, the_smallest_of_all_or_of_each_layer) {
  TwoLayers all;
  Floats mask(static_cast<std::size_t>(all.parameters->size()), 1.0f);
  MagnitudePruning({.sparsity = 0.5}, *all.parameters).prune(0.5, *all.parameters, mask.data());
  EXPECT_EQ(all.get(0), (Floats{0, 0, 0, -8}));
  EXPECT_EQ(all.get(1), (Floats{0, 16, -32, 64}));
  EXPECT_EQ(all.get(2), (Floats{0.1f, 0.2f})) << "biases match no pattern";
  EXPECT_EQ(mask[0], 0);
  EXPECT_EQ(mask[3], 1);
  TwoLayers each;
  MagnitudePruning({.sparsity = 0.5, .scope = "layer"}, *each.parameters).prune(0.5, *each.parameters, mask.data());
  EXPECT_EQ(each.get(0), (Floats{4, 0, 0, -8}));
  EXPECT_EQ(each.get(1), (Floats{0, 0, -32, 64}));
}

/// floor(share n) weights; of equal ones those that come first.
TEST(MagnitudePruning, counts_and_ties_by_hand) {
  TwoLayers net;
  net.set(0, {1, -1, 1, 1});
  net.set(1, {1, 1, -1, 1});
  Floats mask(static_cast<std::size_t>(net.parameters->size()), 1.0f);
  const MagnitudePruning pruning({.sparsity = 0.9}, *net.parameters);
  pruning.prune(0.0, *net.parameters, mask.data());
  EXPECT_EQ(net.get(0), (Floats{1, -1, 1, 1}));
  pruning.prune(0.4, *net.parameters, mask.data());  // 3.2 of 8
  EXPECT_EQ(net.get(0), (Floats{0, 0, 0, 1}));
  pruning.prune(0.65, *net.parameters, mask.data());  // 5.2: zeros are the smallest, then the next two
  EXPECT_EQ(net.get(0), (Floats{0, 0, 0, 0}));
  EXPECT_EQ(net.get(1), (Floats{0, 1, -1, 1}));
}

/// s (1 - (1 - t)^3) at steps 20, 25, 30, ..., 60 of 100.
TEST(MagnitudePruning, the_share_rises_by_the_cube) {
  const TwoLayers net;
  const MagnitudePruning pruning({.sparsity = 0.8, .from = 0.2, .until = 0.6, .every = 5}, *net.parameters);
  EXPECT_FALSE(pruning.is_due(19, 100));
  EXPECT_TRUE(pruning.is_due(20, 100));
  EXPECT_FALSE(pruning.is_due(23, 100));
  EXPECT_TRUE(pruning.is_due(25, 100));
  EXPECT_TRUE(pruning.is_due(60, 100));
  EXPECT_FALSE(pruning.is_due(65, 100));
  EXPECT_DOUBLE_EQ(pruning.share_at(20, 100), 0);
  EXPECT_DOUBLE_EQ(pruning.share_at(30, 100), 0.8 * (1 - 0.75 * 0.75 * 0.75));
  EXPECT_DOUBLE_EQ(pruning.share_at(60, 100), 0.8);
  const MagnitudePruning odd({.sparsity = 0.8, .from = 0, .until = 0.5, .every = 7}, *net.parameters);
  EXPECT_TRUE(odd.is_due(50, 100)) << "the last step of the interval, whatever the distance";
  const MagnitudePruning at_once({.sparsity = 0.8}, *net.parameters);
  EXPECT_TRUE(at_once.is_due(0, 100));
  EXPECT_FALSE(at_once.is_due(10, 100));
  EXPECT_DOUBLE_EQ(at_once.share_at(0, 100), 0.8);
}

/// Momentum goes on under a pruned weight, which stays 0 all the same; a state that is restored prunes what it pruned.
TEST(MagnitudePruning, what_is_pruned_stays_0_and_is_part_of_the_state) {
  for (const char* kind : {"sgd", "adam"}) {
    OptimizerRecipe recipe;
    recipe.kind = kind;
    recipe.learning_rate.value = 0.125;
    recipe.momentum.value = 0.5;
    recipe.pruning = {.sparsity = 0.5};
    TwoLayers net;
    Optimizer optimizer(recipe, *net.parameters);
    ASSERT_TRUE(optimizer.reads_all_weights(optimizer.terms(0, 10)));
    EXPECT_FALSE(optimizer.reads_all_weights(optimizer.terms(1, 10)));
    net.step(optimizer, 0, 10, -1);
    EXPECT_EQ(net.get(0)[0], 0) << kind;
    const float kept = net.get(0)[3];
    net.step(optimizer, 1, 10, -1);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(net.get(0)[i], 0) << kind;
    EXPECT_EQ(net.get(1)[0], 0) << kind;
    EXPECT_GT(net.get(0)[3], kept) << kind;
    TwoLayers other;
    for (int p = 0; p < 3; ++p) other.set(p, net.get(p));
    Optimizer restored(recipe, *other.parameters);
    ASSERT_EQ(restored.state().size(), optimizer.state().size());
    for (std::size_t k = 0; k < optimizer.state().size(); ++k)
      std::copy_n(optimizer.state()[k].floats(), net.parameters->size(), restored.state()[k].floats());
    net.step(optimizer, 2, 10, -1), other.step(restored, 2, 10, -1);
    for (int p = 0; p < 3; ++p) EXPECT_EQ(other.get(p), net.get(p)) << kind;
  }
}

TEST(MagnitudePruning, stands_beside_lookahead) {
  OptimizerRecipe recipe;
  recipe.learning_rate.value = 0.125;
  recipe.lookahead_steps = 2;
  recipe.pruning = {.sparsity = 0.5};
  TwoLayers net;
  Optimizer optimizer(recipe, *net.parameters);
  for (int at = 0; at < 4; ++at) net.step(optimizer, at, 8, -1);
  EXPECT_EQ(net.get(0)[0], 0) << "though the slow copy still has a part of it";
  EXPECT_NE(net.get(0)[3], 0);
}

TEST(MagnitudePruning, refuses_what_means_nothing) {
  const TwoLayers net;
  EXPECT_THROW(MagnitudePruning({.sparsity = 0.5, .from = 0.5, .until = 0.2}, *net.parameters), InputError);
  EXPECT_THROW(MagnitudePruning({.sparsity = 0.5, .scope = "net"}, *net.parameters), InputError);
  EXPECT_THROW(MagnitudePruning({.sparsity = 0.5, .match = {"conv*/weight"}}, *net.parameters), InputError);
}

}  // namespace
}  // namespace reprise::optimizers
