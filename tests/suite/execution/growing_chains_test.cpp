// Concatenations that grow in one place, values that are computed again, sums that are taken once: the bits of keeping everything, in less
// memory.

#include "suite/execution/growing_chains.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "suite/execution/executor.hpp"
#include "suite/layers/average_pool2d.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/concat.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/dropout.hpp"
#include "suite/layers/gelu.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/relu.hpp"
#include "tests/suite/execution/made_up_batch.hpp"

namespace reprise::execution {
namespace {

using graph::Graph;
using graph::NodeId;

template <class L>
std::shared_ptr<const layers::Layer> make(typename L::Options options = {}) {
  return std::make_shared<L>(options);
}

/// norm, ReLU, convolution, joined behind what it reads.
NodeId add_layer(Graph& graph, const std::string& name, std::int64_t filters, bool drops = false) {
  const NodeId before = graph.last();
  graph.add(name + ".norm", make<layers::BatchNorm>());
  graph.add(name + ".relu", make<layers::Relu>());
  graph.add(name + ".conv", make<layers::Conv2d>({.filters = filters, .padding = 1}));
  if (drops) graph.add(name + ".dropout", make<layers::Dropout>({.keep = 0.8, .form = layers::DropoutForm::inverted}));
  return graph.add(name, make<layers::Concat>(), {before, graph.last()});
}

Graph dense_blocks(bool drops = false) {
  Graph graph({8, 8, 3});
  graph.add("stem", make<layers::Conv2d>({.filters = 5, .padding = 1}));
  for (const char* name : {"a1", "a2", "a3"}) add_layer(graph, name, 6, drops);
  graph.add("transition.norm", make<layers::BatchNorm>());
  graph.add("transition.relu", make<layers::Relu>());
  graph.add("transition.conv", make<layers::Conv2d>({.filters = 11, .filter_size = 1}));
  graph.add("transition.pool", make<layers::AveragePool2d>());
  for (const char* name : {"b1", "b2"}) add_layer(graph, name, 3, drops);
  graph.add("final.norm", make<layers::BatchNorm>());
  graph.add("final.gelu", make<layers::Gelu>());
  graph.add("pool", make<layers::GlobalAveragePool>());
  graph.add("logits", make<layers::Dense>({.features = 5}));
  return graph;
}

graph::NodeMap<NodeId> chains_of(const Graph& graph) {
  return growing_chains(graph, graph.needed_by({graph.last()}), {graph.last()});
}

TEST(GrowingChains, a_block_is_one_chain_up_to_its_last_concatenation) {
  const Graph graph = dense_blocks();
  const auto chain = chains_of(graph);
  for (const char* name : {"a1", "a2", "a3"}) EXPECT_EQ(chain[graph.find(name)], graph.find("a3")) << name;
  for (const char* name : {"b1", "b2"}) EXPECT_EQ(chain[graph.find(name)], graph.find("b2")) << name;
  for (const char* name : {"input", "stem", "a2.conv", "transition.pool"}) EXPECT_EQ(chain[graph.find(name)], -1) << name;
}

TEST(GrowingChains, a_reader_of_adjacent_rows_a_head_or_a_second_extension_breaks_a_chain) {
  const auto chain_of_first = [](auto change, bool is_head = false) {
    Graph graph({8, 8, 3});
    add_layer(graph, "one", 4);
    const NodeId one = graph.last();
    change(graph, one);
    const NodeId before = graph.last();
    graph.add("conv", make<layers::Conv2d>({.filters = 2, .padding = 1}), {before});
    const NodeId two = graph.add("two", make<layers::Concat>(), {one, graph.last()});
    std::vector<NodeId> ends{two};
    if (is_head) ends.push_back(one);
    return growing_chains(graph, graph.needed_by(ends), ends)[one] == two;
  };
  const auto norm = [](Graph& graph, NodeId one) { graph.add("norm", make<layers::BatchNorm>(), {one}); };
  EXPECT_TRUE(chain_of_first(norm));
  EXPECT_FALSE(chain_of_first(norm, true));
  EXPECT_FALSE(chain_of_first([](Graph&, NodeId) {})) << "a convolution reads it";
  EXPECT_FALSE(chain_of_first([&](Graph& graph, NodeId one) {
    norm(graph, one);
    graph.add("other", make<layers::Concat>(), {one, graph.last()});
    graph.add("other.norm", make<layers::BatchNorm>());
  }));
  EXPECT_FALSE(chain_of_first([](Graph& graph, NodeId one) { graph.add("norm", make<layers::BatchNorm>({.orientations = 7}), {one}); }))
      << "3 + 4 channels as 7 orientations of one";
}

TEST(GrowingChains, the_second_of_two_readings_is_no_extension) {
  Graph graph({8, 8, 3});
  add_layer(graph, "one", 4);
  const NodeId one = graph.last();
  graph.add("norm", make<layers::BatchNorm>());
  graph.add("swapped", make<layers::Concat>(), {graph.last(), one});
  EXPECT_EQ(chains_of(graph)[one], -1);
  Graph twice({8, 8, 3});
  add_layer(twice, "one", 4);
  twice.add("doubled", make<layers::Concat>(), {twice.last(), twice.last()});
  EXPECT_EQ(chains_of(twice)[twice.find("one")], -1);
}

TEST(GrowingChains, a_norm_behind_the_extension_breaks_it) {
  Graph graph({8, 8, 3});
  add_layer(graph, "one", 4);
  const NodeId one = graph.last();
  add_layer(graph, "two", 4);
  graph.add("late", make<layers::BatchNorm>(), {one});
  graph.add("all", make<layers::Concat>(), {graph.find("two"), graph.last()});
  const auto chain = chains_of(graph);
  EXPECT_EQ(chain[one], -1) << "its gradient would not be there yet";
  EXPECT_EQ(chain[graph.find("two")], graph.find("all"));
}

TEST(Plan, values_and_gradients_of_a_chain_lie_in_one_place) {
  const Graph graph = dense_blocks();
  const PreparedNet net(graph, {.batch = 8, .shard = 4});
  const Plan plan(net, {});
  const auto value = [&](const char* name) { return plan.buffer(plan.values[graph.find(name)]); };
  for (const char* name : {"a1", "a2"}) {
    EXPECT_EQ(value(name).offset, value("a3").offset) << name;
    EXPECT_EQ(value(name).pitch, 5 + 3 * 6) << name;
  }
  EXPECT_EQ(value("a3").pitch, 0) << "its rows are adjacent";
  EXPECT_FALSE(value("a2.relu").crosses_stages) << "computed again";
  EXPECT_FALSE(value("a2.conv").crosses_stages) << "copied to its place at once";
  EXPECT_FALSE(value("a1.conv").crosses_stages);
}

TEST(Plan, channels_are_summed_once) {
  const Graph graph = dense_blocks();
  std::map<NodeId, int> sums;
  const PreparedNet net(graph, {.batch = 8, .shard = 4});
  const Plan plan(net, {});
  for (const Stage& stage : plan.stages)
    for (const Operation& operation : stage.operations) {
      EXPECT_NE(operation.kind, Operation::Kind::statistics);
      if (operation.kind == Operation::Kind::channel_sums) ++sums[operation.node];
    }
  std::map<NodeId, int> expected;
  for (const char* name : {"stem", "a1.conv", "a2.conv", "a3.conv", "transition.pool", "b1.conv", "b2.conv"})
    expected[graph.find(name)] = 1;
  EXPECT_EQ(sums, expected);
}

struct Outcome {
  std::vector<float> weights, outputs, joined;
  Executor::MemoryUse memory;
};

Outcome trained(const Graph& graph, const NetOptions& net, int threads) {
  parallel::Workers workers(threads);
  graph::Parameters parameters(graph);
  parameters.initialise(3);
  Executor executor(graph, {.net = net}, parameters, workers);
  optimizers::OptimizerRecipe recipe;
  recipe.learning_rate.value = 0.02;
  recipe.momentum.value = 0.9;
  optimizers::Optimizer optimizer(recipe, parameters);
  const MadeUpSamples samples(graph.node(0).shape, 5);
  for (std::uint64_t step = 0; step < 5; ++step)
    executor.train_step({&samples, 22, 1, step}, optimizer, optimizer.terms(static_cast<std::int64_t>(step), 5));
  Outcome outcome;
  outcome.weights.assign(parameters.values(), parameters.values() + parameters.size());
  const NodeId joined = graph.find("a2");
  outcome.outputs.resize(22 * 5), outcome.joined.resize(static_cast<std::size_t>(22 * graph.node(joined).shape.size()));
  executor.evaluate({&samples, 22, 1, 9}, layers::Mode::infer,
                    {.outputs = outcome.outputs.data(), .node = joined, .values = outcome.joined.data()});
  outcome.memory = executor.memory();
  return outcome;
}

/// Two branches that no norm has read before, joined and read by one, whose output is read twice.
Graph branches() {
  Graph graph({8, 8, 3});
  const NodeId stem = graph.add("stem", make<layers::Conv2d>({.filters = 5, .padding = 1}));
  const NodeId narrow = graph.add("narrow", make<layers::Conv2d>({.filters = 7, .filter_size = 1}), {stem});
  const NodeId wide = graph.add("wide", make<layers::Conv2d>({.filters = 4, .padding = 1}), {stem});
  graph.add("a2", make<layers::Concat>(), {narrow, wide});
  graph.add("norm", make<layers::BatchNorm>());
  const NodeId relu = graph.add("relu", make<layers::Relu>());
  graph.add("conv1", make<layers::Conv2d>({.filters = 6, .padding = 1}), {relu});
  graph.add("norm2", make<layers::BatchNorm>());
  const NodeId deep = graph.add("conv2", make<layers::Conv2d>({.filters = 6, .filter_size = 1}));
  const NodeId shallow = graph.add("shortcut", make<layers::Conv2d>({.filters = 6, .filter_size = 1}), {relu});
  graph.add("joined", make<layers::Concat>(), {deep, shallow});
  graph.add("pool", make<layers::GlobalAveragePool>());
  graph.add("logits", make<layers::Dense>({.features = 5}));
  return graph;
}

TEST(Executor, sums_of_two_new_parts_and_values_that_are_read_twice_change_no_bit) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    const NetOptions options{.precision = precision, .batch = 22, .shard = 4};
    NetOptions plain = options;
    plain.keeps_everything = true;
    EXPECT_EQ(trained(branches(), options, 2).weights, trained(branches(), plain, 1).weights);
  }
}

TEST(Executor, growing_in_place_and_computing_again_change_no_bit_and_take_less_memory) {
  for (const bool drops : {false, true})
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const Graph graph = dense_blocks(drops);
      const NetOptions options{.precision = precision, .batch = 22, .shard = 4};  // the last shard is half padding
      NetOptions plain = options;
      plain.keeps_everything = true;
      const Outcome expected = trained(graph, plain, 1);
      for (const int threads : {1, 3}) {
        const Outcome found = trained(graph, options, threads);
        EXPECT_EQ(found.weights, expected.weights) << name_of(precision) << ", " << threads << " threads";
        EXPECT_EQ(found.outputs, expected.outputs);
        EXPECT_EQ(found.joined, expected.joined) << "the middle of a chain is read out as if it stood alone";
        EXPECT_LT(2 * found.memory.batch_arena, expected.memory.batch_arena);
      }
    }
}

}  // namespace
}  // namespace reprise::execution
