// Capsule nets: parameters and cost as counted from the papers, memory by number of blocks, and one gradient whatever is kept.

#include <gtest/gtest.h>

#include <cmath>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/execution/activation_memory.hpp"
#include "suite/execution/executor.hpp"
#include "suite/random/random.hpp"

namespace reprise::experiments {
namespace {

using graph::Graph;

const SampleShape kDigit{28, 28, 1};
const SampleShape kColour{32, 32, 3};

Graph net(const std::string& trial, const std::string& scale, const SampleShape& input,
          const std::vector<catalog::Override>& overrides = {}) {
  return catalog::build_model(catalog::resolve("mocapsnet", trial, scale, overrides), input, 10);
}

double million_macs(const Graph& graph) {
  return static_cast<double>(graph.forward_macs()) / 1e6;
}

TEST(Mocapsnet, nets_have_the_counted_parameters_and_cost) {
  EXPECT_EQ(net("sabour-r3-reconstruction", "paper", kDigit).trained_parameters(), 8215568);
  EXPECT_EQ(net("sabour-r3", "paper", kDigit).trained_parameters(), 6804224);
  EXPECT_NEAR(million_macs(net("sabour-r3-reconstruction", "paper", kDigit)), 203, 0.5);
  EXPECT_EQ(net("sabour-r3-reconstruction", "paper", {36, 36, 1}).trained_parameters(), 11361808);  // 11.36 million: MultiMNIST
  EXPECT_NEAR(static_cast<double>(net("sabour-cnn", "paper", kDigit).trained_parameters()), 35.4e6, 0.05e6);
  for (const char* stack : {"capsnet", "rescapsnet", "mocapsnet"}) {
    const Graph graph = net(std::string(stack) + "-2", "paper", kDigit);
    EXPECT_EQ(graph.trained_parameters(), 9403408) << stack;
    EXPECT_NEAR(million_macs(graph), 205, 0.5) << stack;
    const Graph next = net(std::string(stack) + "-2", "paper", kDigit, {{"model.blocks", "3"}});
    EXPECT_EQ(next.trained_parameters() - graph.trained_parameters(), 131072) << stack;
    EXPECT_NEAR(million_macs(next) - million_macs(graph), 0.21, 0.005) << stack;
  }
  const Graph colour = net("mocapsnet-2-cifar10", "paper", kColour);
  EXPECT_EQ(colour.trained_parameters(), 13625088);
  EXPECT_NEAR(million_macs(colour), 387, 1);
  // Scaled distance agreement has biases: 32 x 8 for each of five layers, 10 x 16 for the classes.
  EXPECT_EQ(net("mocapsnet-2-cifar10-sda", "paper", kColour).trained_parameters(), 13625088 + 5 * 256 + 160);
}

TEST(Mocapsnet, primary_capsules_are_those_of_the_papers) {
  const Graph digits = net("mocapsnet-2", "paper", kDigit), colour = net("mocapsnet-2-cifar10", "paper", kColour);
  EXPECT_EQ(digits.node(digits.find("primary.squash")).shape, (SampleShape{1, 1152, 8}));
  EXPECT_EQ(colour.node(colour.find("primary.squash")).shape, (SampleShape{1, 2048, 8}));
  EXPECT_EQ(digits.node(digits.find("classes")).shape, (SampleShape{1, 10, 16}));
  EXPECT_EQ(digits.main_head().loss->name(), "margin");
  EXPECT_EQ(digits.node(digits.output()).layer->kind(), "reconstruction_penalty");
  EXPECT_EQ(net("sabour-r3", "paper", kDigit).node(net("sabour-r3", "paper", kDigit).output()).layer->kind(), "capsule_lengths");
}

/// Saved bytes of one image.
double saved(const std::string& stack, int blocks, const std::vector<catalog::Override>& more = {}) {
  std::vector<catalog::Override> overrides{{"model.stack", stack}, {"model.blocks", std::to_string(blocks)}, {"model.channels", "16"}};
  overrides.insert(overrides.end(), more.begin(), more.end());
  const Graph graph = net("memory-momentum-10", "desk", kDigit, overrides);
  const execution::PreparedNet prepared(graph, {.precision = Precision::f32, .batch = 16, .shard = 8});
  return static_cast<double>(execution::activation_memory(execution::Plan(prepared, {})).saved) / 8;
}

TEST(Mocapsnet, a_residual_block_saves_twelve_times_what_a_momentum_block_does) {
  const double kib = 1024;
  for (const int blocks : {1, 2, 5}) {
    const auto slope = [&](const std::string& stack, const std::vector<catalog::Override>& more = {}) {
      return (saved(stack, blocks + 1, more) - saved(stack, blocks, more)) / kib;
    };
    EXPECT_EQ(slope("momentum"), 1);
    EXPECT_EQ(slope("residual"), 12);
    EXPECT_EQ(slope("plain"), 12);
    EXPECT_EQ(slope("momentum", {{"model.memory", "store"}}), 12);
    EXPECT_EQ(slope("momentum", {{"model.restart", "false"}, {"model.memory", "exact"}}), 0);
    EXPECT_EQ(slope("momentum", {{"model.doubled", "true"}}), 2);
  }
}

class Noise : public execution::BatchReader {
 public:
  void fetch(std::int64_t slot, float* output) const override {
    random::Generator generator({9, random::Purpose::synthetic, 0, 0, static_cast<std::uint64_t>(slot)});
    for (std::int64_t i = 0; i < kDigit.size(); ++i) output[i] = generator.next_uniform();
  }
  std::int32_t label(std::int64_t slot) const override { return static_cast<std::int32_t>(slot % 10); }
};

/// Gradients of the nodes whose names begin with `node`: the decoder's are larger by orders of magnitude than a stack's.
std::vector<float> gradients(const std::vector<catalog::Override>& overrides, const std::string& node, int threads = 2) {
  const Graph graph = net("mocapsnet-6", "smoke", kDigit, overrides);
  parallel::Workers workers(threads);
  graph::Parameters parameters(graph);
  parameters.initialise(4);
  for (const graph::Parameter& parameter : parameters.list())  // as drawn, signals die on their way through six blocks
    if (parameter.spec.shape.size() == 4 && parameter.spec.shape[3] != 9)
      for (std::int64_t i = 0; i < parameter.count; ++i) parameters.of(parameter)[i] *= 100;
  execution::Executor executor(graph, {.net = {.precision = Precision::f32, .batch = 10, .shard = 4}}, parameters, workers);
  const Noise noise;
  executor.compute_gradients({&noise, 10, 2, 0});
  std::vector<float> found;
  for (const graph::Parameter& parameter : parameters.list()) {
    const float* values = executor.gradients() + parameter.offset;
    if (parameter.name.starts_with(node)) found.insert(found.end(), values, values + parameter.count);
  }
  return found;
}

double apart(const std::vector<float>& a, const std::vector<float>& b) {
  double difference = 0, all = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    all += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(difference / all);
}

TEST(Mocapsnet, a_whole_net_has_one_gradient_whatever_its_stack_keeps) {
  const std::vector<float> stored = gradients({{"model.memory", "store"}}, "");
  const std::vector<float> stack = gradients({{"model.memory", "store"}}, "stack");
  for (const char* memory : {"exact", "invert"}) {
    EXPECT_LT(apart(gradients({{"model.memory", memory}}, ""), stored), 1e-4) << memory;
    EXPECT_LT(apart(gradients({{"model.memory", memory}}, "stack"), stack), 1e-4) << memory;
  }
  EXPECT_GT(apart(gradients({{"model.memory", "exact"}, {"model.restart", "false"}}, "stack"), stack), 1e-3);  // another net
}

TEST(Mocapsnet, labels_reach_the_mask_of_the_decoder) {
  EXPECT_GT(apart(gradients({{"model.mask", "label"}}, "decoder"), gradients({{"model.mask", "longest"}}, "decoder")), 1e-3);
  EXPECT_EQ(gradients({{"model.mask", "label"}}, "", 1), gradients({{"model.mask", "label"}}, "", 3));
}

}  // namespace
}  // namespace reprise::experiments
