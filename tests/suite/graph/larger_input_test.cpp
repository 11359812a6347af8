// A net over a larger input: over one of its own size it computes what it did; without padding its maps are what it says of every crop.

#include "suite/graph/larger_input.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/execution/executor.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/dropout.hpp"
#include "suite/layers/flatten.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/locally_connected2d.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "suite/models/model_parts.hpp"
#include "suite/random/random.hpp"

namespace reprise::graph {
namespace {

using models::put;

constexpr std::int64_t kClasses = 3, kImages = 4;

/// The images of one batch: parts [top, top + H) x [left, left + W) of larger ones, drawn from `kSide` x `kSide` x 2.
class Parts : public execution::BatchReader {
 public:
  static constexpr std::int64_t kSide = 12, kChannels = 2;
  Parts(std::int64_t side, std::int64_t top = 0, std::int64_t left = 0) : side_(side), top_(top), left_(left) {}
  void fetch(std::int64_t slot, float* output) const override {
    random::Generator generator({5, random::Purpose::synthetic, 0, 0, static_cast<std::uint64_t>(slot)});
    std::vector<float> whole(static_cast<std::size_t>(kSide * kSide * kChannels));
    for (float& value : whole) value = static_cast<float>(generator.next_normal());
    for (std::int64_t y = 0; y < side_; ++y)
      std::copy_n(whole.data() + ((top_ + y) * kSide + left_) * kChannels, side_ * kChannels, output + y * side_ * kChannels);
  }
  std::int32_t label(std::int64_t) const override { return 0; }

 private:
  std::int64_t side_, top_, left_;
};

std::vector<float> logits_of(const Graph& graph, Parameters& parameters, const execution::BatchReader& reader) {
  parallel::Workers workers(2);
  execution::Executor executor(graph, {.net = {.precision = Precision::f32, .batch = kImages, .shard = 2}}, parameters, workers);
  std::vector<float> logits(static_cast<std::size_t>(kImages * kClasses));
  executor.evaluate({.reader = &reader, .count = kImages}, layers::Mode::infer, {.outputs = logits.data()});
  return logits;
}

/// No layer pads; two convolutions, two dense layers; `flat`: behind a layer that flattens.
Graph unpadded_net(bool flat = false) {
  Graph graph(SampleShape{6, 6, Parts::kChannels});
  put<layers::Conv2d>(graph, "conv1", {.filters = 5, .filter_size = 3});
  put<layers::BatchNorm>(graph, "norm");
  put<layers::Relu>(graph, "relu1");
  put<layers::Conv2d>(graph, "conv2", {.filters = 4, .filter_size = 2});
  if (flat) put<layers::Flatten>(graph, "flat");
  put<layers::Dense>(graph, "dense1", {.features = 7});
  put<layers::Relu>(graph, "relu2");
  put<layers::Dropout>(graph, "dropout", {.keep = 0.5, .form = layers::DropoutForm::inverted});
  put<layers::Dense>(graph, "logits", {.features = kClasses, .bias = false});
  return graph;
}

/// Drawn weights, and numbers in biases and running statistics that are not those of the start.
void fill(Parameters& parameters) {
  parameters.initialise(3);
  for (const Parameter& parameter : parameters.list())
    if (parameter.spec.shape.size() == 1)
      for (std::int64_t i = 0; i < parameter.count; ++i) parameters.of(parameter)[i] = 0.5f + 0.1f * static_cast<float>(i % 5);
}

/// Logits of about 1, sums of at most 64 products in another order.
constexpr float kRounding = 2e-5f;

void expect_close(const std::vector<float>& found, const std::vector<float>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  float largest = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], kRounding) << i;
    largest = std::max(largest, std::abs(expected[i]));
  }
  EXPECT_GT(largest, 0.05f);
}

TEST(LargerInput, of_the_same_size_gives_the_same_logits) {
  for (const bool flat : {false, true}) {
    const Graph net = unpadded_net(flat), larger = over_larger_input(net, net.node(0).shape);
    Parameters parameters(net), of_larger(larger);
    fill(parameters);
    copy_to_larger_input(parameters, of_larger);
    EXPECT_EQ(larger.node(larger.find("dense1")).layer->kind(), "conv2d");
    expect_close(logits_of(larger, of_larger, Parts(6)), logits_of(net, parameters, Parts(6)));
  }
}

TEST(LargerInput, averages_what_the_net_says_of_every_crop) {
  const Graph net = unpadded_net(), larger = over_larger_input(net, {8, 8, Parts::kChannels});
  Parameters parameters(net), of_larger(larger);
  fill(parameters);
  copy_to_larger_input(parameters, of_larger);
  std::vector<float> mean(static_cast<std::size_t>(kImages * kClasses));
  for (std::int64_t top = 0; top < 3; ++top)
    for (std::int64_t left = 0; left < 3; ++left) {
      const std::vector<float> logits = logits_of(net, parameters, Parts(6, top, left));
      for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += logits[i] / 9;
    }
  expect_close(logits_of(larger, of_larger, Parts(8)), mean);
}

std::vector<float> outputs_of(const Graph& graph, Parameters& parameters, const execution::BatchReader& reader, NodeId node = -1) {
  parallel::Workers workers(2);
  execution::Executor executor(graph, {.net = {.precision = Precision::f32, .batch = kImages, .shard = 2}}, parameters, workers);
  const NodeId wanted = node < 0 ? graph.output() : node;
  std::vector<float> values(static_cast<std::size_t>(kImages * graph.node(wanted).shape.size()));
  execution::Readout readout;
  readout.node = wanted, readout.values = values.data();
  executor.evaluate({.reader = &reader, .count = kImages}, layers::Mode::infer, readout);
  return values;
}

/// Maps of 8 x 8: the first convolution's are 6 x 6 x 5, those of the first dense layer, at every place, 3 x 3 x 7.
TEST(Features, are_the_largest_values_of_the_parts_of_each_map_one_node_after_the_other) {
  const Graph net = unpadded_net(), larger = over_larger_input(net, {8, 8, Parts::kChannels});
  const std::vector<NodeId> ends{net.find("relu1"), net.find("relu2")};
  const Graph features = features_over_larger_input(net, {8, 8, Parts::kChannels}, ends, {2, 1});
  EXPECT_EQ(features.node(features.output()).shape.size(), (5 + 7) * (4 + 1));
  EXPECT_EQ(features.find("relu2"), features.find("dense1") + 1);
  for (const Node& node : features.nodes()) EXPECT_NE(node.name, "logits");
  Parameters parameters(net), of_larger(larger), of_features(features);
  fill(parameters);
  copy_to_larger_input(parameters, of_larger), copy_to_larger_input(parameters, of_features);
  const std::vector<float> found = outputs_of(features, of_features, Parts(8));
  std::vector<float> expected;
  std::vector<std::vector<float>> maps;
  for (const char* name : {"relu1", "relu2"}) maps.push_back(outputs_of(larger, of_larger, Parts(8), larger.find(name)));
  for (std::int64_t n = 0; n < kImages; ++n)
    for (const auto& [map, side, channels] : {std::tuple{&maps[0], 6, 5}, {&maps[1], 3, 7}})
      for (const int parts : {2, 1})
        for (int i = 0; i < parts * parts; ++i)
          for (int c = 0; c < channels; ++c) {
            const int half = (side + 1) / 2, down = i / parts, right = i % parts;
            float largest = 0;  // behind a ReLU
            for (int y = down * half; y < (parts == 1 ? side : std::min(side, (down + 1) * half)); ++y)
              for (int x = right * half; x < (parts == 1 ? side : std::min(side, (right + 1) * half)); ++x)
                largest = std::max(largest, (*map)[static_cast<std::size_t>(((n * side + y) * side + x) * channels + c)]);
            expected.push_back(largest);
          }
  EXPECT_EQ(found, expected);
}

TEST(Features, of_one_place_and_of_every_place) {
  const Graph net = unpadded_net();
  const Graph plain = features_over_larger_input(net, net.node(0).shape, {net.find("relu2")}, {2});
  EXPECT_EQ(plain.node(plain.output()).shape, (SampleShape{1, 1, 7}));  // a vector is not taken apart
  const Graph every = features_over_larger_input(net, net.node(0).shape, {net.find("relu1"), net.find("relu2")}, {0});
  EXPECT_EQ(every.node(every.output()).shape.size(), 4 * 4 * 5 + 7);
  EXPECT_THROW(features_over_larger_input(net, net.node(0).shape, {net.find("relu1")}, {5}), InputError);
  EXPECT_THROW(features_over_larger_input(net, {5, 5, Parts::kChannels}, {net.find("relu1")}, {1}), InputError);
}

/// VGG's D, a sixteenth of its width: padding, pools, dropout, three dense layers.
TEST(LargerInput, vgg_over_its_own_size_gives_its_logits) {
  recipes::Recipe recipe = catalog::resolve("vgg", "d", "smoke", {{"model.widths", "[4, 4, 8, 8]"}, {"model.features", "16"}});
  const SampleShape input{32, 32, 3};
  const Graph net = catalog::build_model(recipe, input, kClasses), larger = over_larger_input(net, input);
  class Noise : public execution::BatchReader {
   public:
    void fetch(std::int64_t slot, float* output) const override {
      random::Generator generator({6, random::Purpose::synthetic, 0, 0, static_cast<std::uint64_t>(slot)});
      for (int i = 0; i < 32 * 32 * 3; ++i) output[i] = static_cast<float>(generator.next_normal());
    }
    std::int32_t label(std::int64_t) const override { return 0; }
  } noise;
  Parameters parameters(net), of_larger(larger);
  parameters.initialise(2);
  copy_to_larger_input(parameters, of_larger);
  expect_close(logits_of(larger, of_larger, noise), logits_of(net, parameters, noise));
  const Graph twice = over_larger_input(net, {64, 64, 3});
  EXPECT_EQ(twice.node(twice.find("logits")).shape, (SampleShape{3, 3, kClasses}));
  EXPECT_EQ(twice.node(twice.output()).shape, (SampleShape{1, 1, kClasses}));
  EXPECT_EQ(twice.trained_parameters(), net.trained_parameters());
}

TEST(LargerInput, a_dense_layer_behind_a_global_average_stays_one) {
  Graph net(SampleShape{4, 4, 2});
  put<layers::Conv2d>(net, "conv", {.filters = 3, .filter_size = 3, .padding = 1});
  put<layers::GlobalAveragePool>(net, "average");
  put<layers::Dense>(net, "logits", {.features = kClasses});
  const Graph larger = over_larger_input(net, {6, 6, 2});
  EXPECT_EQ(larger.node(larger.find("logits")).layer->kind(), "dense");
  EXPECT_EQ(larger.output(), larger.find("logits"));
}

TEST(LargerInput, refuses_what_it_cannot_be) {
  const Graph net = unpadded_net();
  EXPECT_THROW(over_larger_input(net, {5, 6, 2}), InputError);
  EXPECT_THROW(over_larger_input(net, {8, 8, 3}), InputError);
  Graph local(SampleShape{4, 4, 2});
  put<layers::LocallyConnected2d>(local, "local", {.filters = 2, .filter_size = 3, .padding = 1});
  put<layers::Dense>(local, "logits", {.features = kClasses});
  EXPECT_THROW(over_larger_input(local, {6, 6, 2}), InputError);
  Graph wide(SampleShape{2, 4, 2});
  put<layers::Dense>(wide, "logits", {.features = kClasses});
  EXPECT_THROW(over_larger_input(wide, {4, 6, 2}), InputError);
}

}  // namespace
}  // namespace reprise::graph
