#include "suite/execution/integer_net.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "suite/kernels/reference/convolution.hpp"
#include "suite/layers/add.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/quantised_activation.hpp"
#include "suite/layers/quantised_weights.hpp"
#include "suite/layers/relu.hpp"
#include "tests/suite/execution/made_up_batch.hpp"
#include "tests/support/arrays.hpp"

namespace reprise::execution {
namespace {

using graph::Graph;
using graph::NodeId;
using tests::Doubles;
using Floats = std::vector<float>;

template <class Layer>
NodeId put(Graph& graph, const std::string& name, typename Layer::Options options = {}) {
  return graph.add(name, std::make_shared<Layer>(options));
}

void put_norm_relu(Graph& graph, const std::string& name) {
  put<layers::BatchNorm>(graph, name + ".norm");
  graph.add(name + ".relu", std::make_shared<layers::Relu>());
}

/// Two pre-activation blocks, one with a projection, one with an identity.
Graph residual_net() {
  Graph graph({9, 9, 3});
  put<layers::Conv2d>(graph, "conv1", {.filters = 16, .padding = 1, .bias = false});
  put_norm_relu(graph, "a");
  const NodeId shared = graph.last();
  put<layers::Conv2d>(graph, "a.conv1", {.filters = 24, .stride = 2, .padding = 1});
  put_norm_relu(graph, "b");
  const NodeId branch = put<layers::Conv2d>(graph, "a.conv2", {.filters = 24, .padding = 1, .bias = false});
  const NodeId shortcut = graph.add(
      "a.shortcut", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 24, .filter_size = 1, .stride = 2, .bias = false}),
      {shared});
  const NodeId first = graph.add("a.add", std::make_shared<layers::Add>(), {branch, shortcut});
  put_norm_relu(graph, "c");
  put<layers::Conv2d>(graph, "c.conv1", {.filters = 12, .padding = 1, .bias = false});
  put_norm_relu(graph, "d");
  const NodeId second = put<layers::Conv2d>(graph, "c.conv2", {.filters = 24, .padding = 1, .bias = false});
  graph.add("c.add", std::make_shared<layers::Add>(), {second, first});
  put_norm_relu(graph, "final");
  put<layers::GlobalAveragePool>(graph, "pool");
  put<layers::Dense>(graph, "logits", {.features = 10});
  return graph;
}

/// Weights, biases and running statistics that differ from channel to channel.
void fill(graph::Parameters& parameters) {
  parameters.initialise(3);
  for (const graph::Parameter& parameter : parameters.list()) {
    if (parameter.spec.name == "weight") continue;
    random::Generator generator({7, random::Purpose::synthetic, 0, 0, static_cast<std::uint64_t>(parameter.offset)});
    const bool positive = parameter.spec.name == "running_var" || parameter.spec.name == "gamma";
    for (std::int64_t i = 0; i < parameter.count; ++i)
      parameters.of(parameter)[i] = positive ? 0.5f + generator.next_uniform() : 0.3f * generator.next_normal();
  }
}

Floats images(const Graph& graph, int count) {
  const MadeUpSamples samples(graph.node(0).shape, 10);
  const std::int64_t size = graph.node(0).shape.size();
  Floats values(static_cast<std::size_t>(count * size));
  for (int i = 0; i < count; ++i) samples.fetch(i, values.data() + i * size);
  return values;
}

/// Values of a node in float32, by the executor.
Floats values_of(const Graph& graph, graph::Parameters& parameters, NodeId node, int count) {
  parallel::Workers workers(1);
  Executor executor(graph, {.net = {.batch = count, .shard = 4}}, parameters, workers);
  const MadeUpSamples samples(graph.node(0).shape, 10);
  Floats values(static_cast<std::size_t>(count * graph.node(node).shape.size()));
  Readout readout;
  readout.node = node;
  readout.values = values.data();
  executor.evaluate({&samples, count, 1, 0}, layers::Mode::infer, readout);
  return values;
}

graph::NodeMap<float> largest_of(const Graph& graph, graph::Parameters& parameters, int count) {
  graph::NodeMap<float> largest(graph.nodes().size(), 0.0f);
  for (const NodeId node : IntegerNet::measured_nodes(graph)) {
    const Floats values = values_of(graph, parameters, node, count);
    largest[node] = *std::max_element(values.begin(), values.end());
  }
  return largest;
}

Floats outputs_of(const IntegerNet& net, const Graph& graph, int count, int samples) {
  const Floats input = images(graph, count);
  const std::int64_t in = graph.node(0).shape.size(), out = graph.node(graph.output()).shape.size();
  Floats output(static_cast<std::size_t>(count * out));
  const Memory arena(net.arena_bytes());
  for (int first = 0; first < count; first += samples) net.run(input.data() + first * in, output.data() + first * out, arena.data());
  return output;
}

/// What the header says, node by node in double: levels of relus are read by convolutions, values by anything else.
class Simulation {
 public:
  Simulation(const Graph& graph, const graph::Parameters& parameters, const graph::NodeMap<float>& largest, int count)
      : graph_(graph), parameters_(parameters), largest_(largest), count_(count), values_(graph.nodes().size()) {
    const Floats input = images(graph, count);
    values_[0] = Doubles(input.begin(), input.end());
    for (NodeId n = 1; n <= graph.last(); ++n) values_[n] = value_of(n);
  }
  const Doubles& output() const { return values_[graph_.output()]; }

 private:
  Doubles parameter(NodeId n, const std::string& name) const {
    for (const graph::Parameter& p : parameters_.list())
      if (p.node == n && p.spec.name == name) return {parameters_.of(p), parameters_.of(p) + p.count};
    return {};
  }

  Doubles value_of(NodeId n) const {
    const graph::Node& node = graph_.node(n);
    const Doubles& in = values_[node.inputs[0]];
    const std::string kind(node.layer->kind());
    if (kind == "conv2d") return convolution(n, in);
    Doubles out = in;
    if (kind == "relu")
      for (double& x : out) x = std::max(x, 0.0);
    if (kind == "add")
      for (std::size_t i = 0; i < out.size(); ++i) out[i] += values_[node.inputs[1]][i];
    if (kind == "batch_norm") {
      const Doubles gamma = parameter(n, "gamma"), beta = parameter(n, "beta"), mean = parameter(n, "running_mean"),
                    variance = parameter(n, "running_var");
      for (std::size_t i = 0; i < out.size(); ++i) {
        const std::size_t c = i % gamma.size();
        out[i] = (out[i] - mean[c]) * gamma[c] / std::sqrt(variance[c] + 1e-5) + beta[c];
      }
    }
    if (kind == "global_average_pool") {
      const auto channels = static_cast<std::size_t>(node.shape.channels);
      const std::size_t positions = in.size() / channels / static_cast<std::size_t>(count_);
      out.assign(static_cast<std::size_t>(count_) * channels, 0.0);
      for (std::size_t i = 0; i < in.size(); ++i)
        out[i / (positions * channels) * channels + i % channels] += in[i] / static_cast<double>(positions);
    }
    if (kind == "dense")
      return kernels::reference::dense(count_, graph_.node(node.inputs[0]).shape.size(), node.shape.channels, in, parameter(n, "weight"),
                                       parameter(n, "bias"));
    return out;
  }

  Doubles convolution(NodeId n, const Doubles& in) const {
    const graph::Node& node = graph_.node(n);
    const auto& o = dynamic_cast<const layers::Conv2d&>(*node.layer).options();
    const SampleShape& shape = graph_.node(node.inputs[0]).shape;
    const kernels::reference::ConvolutionShape sizes{.samples = count_,
                                                     .height = shape.height,
                                                     .width = shape.width,
                                                     .channels = shape.channels,
                                                     .filters = o.filters,
                                                     .filter_size = o.filter_size,
                                                     .stride = o.stride,
                                                     .padding = o.padding};
    const Doubles weight = parameter(n, "weight"), bias = parameter(n, "bias");
    if (largest_[node.inputs[0]] == 0) return kernels::reference::convolution(sizes, in, weight, bias);
    const double step = static_cast<double>(largest_[node.inputs[0]]) / 127;
    Doubles levels, filters = weight, steps;
    for (const double x : in) levels.push_back(std::clamp(std::nearbyint(x / step), 0.0, 127.0));
    const std::size_t of_filter = weight.size() / static_cast<std::size_t>(o.filters);
    for (std::size_t k = 0; k < static_cast<std::size_t>(o.filters); ++k) {
      double most = 0;
      for (std::size_t i = 0; i < of_filter; ++i) most = std::max(most, std::fabs(weight[k * of_filter + i]));
      steps.push_back(most / 127);
      for (std::size_t i = 0; i < of_filter; ++i) filters[k * of_filter + i] = std::nearbyint(weight[k * of_filter + i] / steps[k]);
    }
    Doubles sums = kernels::reference::convolution(sizes, levels, filters, {});
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const std::size_t k = i % steps.size();
      sums[i] = sums[i] * steps[k] * step + (bias.empty() ? 0.0 : bias[k]);
    }
    return sums;
  }

  const Graph& graph_;
  const graph::Parameters& parameters_;
  const graph::NodeMap<float>& largest_;
  int count_;
  graph::NodeMap<Doubles> values_;
};

/// The roundings of float32 that no level hides: scales, shifts and additions of the longest path. A level that fell to the other side of a
/// half would be off by a hundred times as much.
TEST(IntegerNet, equals_its_simulation_in_double) {
  const Graph graph = residual_net();
  graph::Parameters parameters(graph);
  fill(parameters);
  const graph::NodeMap<float> largest = largest_of(graph, parameters, 8);
  const IntegerNet net(graph, parameters, largest, 2);
  const Floats found = outputs_of(net, graph, 6, 2);
  const Simulation simulation(graph, parameters, largest, 6);
  EXPECT_NEAR_ARRAY(Doubles(found.begin(), found.end()), simulation.output(), 64, 0x1p-24);
}

TEST(IntegerNet, is_near_the_net_of_real_numbers) {
  const Graph graph = residual_net();
  graph::Parameters parameters(graph);
  fill(parameters);
  const graph::NodeMap<float> largest = largest_of(graph, parameters, 8);
  const Floats real = values_of(graph, parameters, graph.output(), 6);
  const Doubles exact(real.begin(), real.end());
  const Floats whole = outputs_of(IntegerNet(graph, parameters, largest, 2), graph, 6, 2);
  const tests::Difference coarse = tests::difference(Doubles(whole.begin(), whole.end()), exact, 1, 0.05);
  EXPECT_LE(coarse.ratio, 1.0) << coarse.text;
  EXPECT_NE(whole, real);
  const Floats plain = outputs_of(IntegerNet(graph, parameters, largest, 2, IntegerNet::Arithmetic::real), graph, 6, 2);
  EXPECT_NEAR_ARRAY(Doubles(plain.begin(), plain.end()), exact, 256, 0x1p-24);
}

TEST(IntegerNet, does_not_depend_on_the_samples_of_a_run) {
  const Graph graph = residual_net();
  graph::Parameters parameters(graph);
  fill(parameters);
  const graph::NodeMap<float> largest = largest_of(graph, parameters, 8);
  const Floats one = outputs_of(IntegerNet(graph, parameters, largest, 1), graph, 6, 1);
  EXPECT_EQ(outputs_of(IntegerNet(graph, parameters, largest, 3), graph, 6, 3), one);
  EXPECT_EQ(outputs_of(IntegerNet(graph, parameters, largest, 6), graph, 6, 6), one);
}

TEST(IntegerNet, counts_what_it_multiplies) {
  const Graph graph = residual_net();
  graph::Parameters parameters(graph);
  fill(parameters);
  const IntegerCounts counts = IntegerNet(graph, parameters, largest_of(graph, parameters, 4), 1).counts();
  EXPECT_EQ(counts.level_layers, 5);
  EXPECT_EQ(counts.float_layers, 2);
  EXPECT_EQ(counts.float_macs, 81 * 16 * 27 + 240);
  EXPECT_EQ(counts.level_macs, 25 * (24 * 144 + 24 * 216 + 24 * 16 + 12 * 216 + 24 * 108));
  EXPECT_EQ(IntegerNet::measured_nodes(graph).size(), 4u);
  const std::int64_t levels = 24 * 144 + 24 * 216 + 24 * 16 + 12 * 216 + 24 * 108;
  EXPECT_EQ(counts.weight_bytes, levels + 4 * (16 * 27 + 240 + 10 + 24 + 4 * (16 + 24 + 24 + 12 + 24)));
}

/// Signs of activations and weights, behind pools as well, and a dense layer over maps.
Graph sign_net() {
  Graph graph({8, 8, 3});
  const auto sign = [&](const std::string& name) {
    put<layers::BatchNorm>(graph, name + ".norm");
    put<layers::QuantisedActivation>(graph, name + ".sign", {.rule = layers::ActivationRule::sign});
  };
  const auto of_signs = [&](const std::string& name, std::shared_ptr<const layers::Layer> inner) {
    put<layers::QuantisedWeights>(graph, name, {.inner = std::move(inner), .quantiser = {.rule = layers::WeightRule::sign}});
  };
  put<layers::Conv2d>(graph, "conv1", {.filters = 70, .padding = 1});
  sign("conv1");
  of_signs("conv2", std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = 64, .padding = 1}));
  put<layers::MaxPool2d>(graph, "pool", {.window = 2, .stride = 2});
  sign("conv2");
  of_signs("dense", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 40, .bias = false}));
  sign("dense");
  put<layers::Dense>(graph, "logits", {.features = 10});
  return graph;
}

/// Whole sums times a scale against float32 sums of scaled signs: a sign that flips would change the logits by a twentieth.
TEST(IntegerNet, signs_give_what_the_net_of_float32_gives) {
  const Graph graph = sign_net();
  graph::Parameters parameters(graph);
  fill(parameters);
  const Floats real = values_of(graph, parameters, graph.output(), 6);
  const IntegerNet net(graph, parameters, largest_of(graph, parameters, 4), 2);
  const Floats found = outputs_of(net, graph, 6, 2);
  EXPECT_NEAR_ARRAY(Doubles(found.begin(), found.end()), Doubles(real.begin(), real.end()), 64, 0x1p-24);
  EXPECT_EQ(net.counts().sign_layers, 2);
  EXPECT_EQ(net.counts().sign_macs, 64 * 64 * 70 * 9 + 40 * 1024);
  EXPECT_EQ(net.counts().float_layers, 2);
  EXPECT_EQ(outputs_of(IntegerNet(graph, parameters, largest_of(graph, parameters, 4), 1), graph, 6, 1), found);
}

}  // namespace
}  // namespace reprise::execution
