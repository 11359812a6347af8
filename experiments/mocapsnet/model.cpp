// Capsule nets of Gugglberger, Peer, Rodríguez-Sánchez 2022 (arXiv 2201.11091) and of Sabour, Frosst, Hinton 2017 (arXiv 1710.09829).
//
//   conv1     9x9 convolution, 256, ReLU
//   primary   9x9 convolution, 256 = 32 types x 8 values, stride 2, squash: one capsule a type and position
//   caps1     all primary capsules -> 32 capsules of 8                                        not in Sabour's net
//   stack     R blocks of two capsule layers, 32 -> 32, plain, residual or momentum            not in Sabour's net
//   classes   -> one capsule of 16 a class, whose length is the class's score
//   decoder   the capsule of the class -> 512 ReLU -> 1024 ReLU -> pixels, logistic

#include <fmt/format.h>

#include "suite/layers/add.hpp"
#include "suite/layers/capsule_lengths.hpp"
#include "suite/layers/capsule_mask.hpp"
#include "suite/layers/capsule_routing.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/logistic.hpp"
#include "suite/layers/momentum_capsules.hpp"
#include "suite/layers/reconstruction_penalty.hpp"
#include "suite/layers/relu.hpp"
#include "suite/layers/squash.hpp"
#include "suite/losses/catalog.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::mocapsnet {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using graph::NodeId;
using recipes::Options;
using Start = layers::Initialisation::Kind;

layers::Conv2d::Options convolution(std::int64_t filters, std::int64_t stride) {
  return {.filters = filters, .filter_size = 9, .stride = stride, .initialisation = Start::fan_in_uniform};
}

/// How capsule layers route and start.
struct CapsuleSettings {
  explicit CapsuleSettings(const Options& options) {
    layer.routing.iterations = static_cast<int>(count_of(options, "iterations", 3, 1));
    const bool distance = choice(options, "routing", "dynamic", {"dynamic", "scaled_distance"}) == "scaled_distance";
    layer.routing.kind = distance ? layers::RoutingKind::scaled_distance : layers::RoutingKind::dynamic;
    const bool all = choice(options, "routing_gradient", "last", {"last", "all"}) == "all";
    layer.routing.gradient = all ? layers::RoutingGradient::all : layers::RoutingGradient::last;
    layer.deviation = options.get_double("deviation", 0.01);
  }

  NodeId put_layer(Graph& graph, const std::string& name, std::int64_t capsules, std::int64_t dimensions) const {
    layers::CapsuleRouting::Options made = layer;
    made.routing.capsules = capsules;
    made.routing.dimensions = dimensions;
    return put<layers::CapsuleRouting>(graph, name, made);
  }

  layers::CapsuleRouting::Options layer;
};

/// Blocks of two capsule layers. Plain: f(f(x)); residual: x + f(x) around each layer.
void ordinary_stack(Graph& graph, const CapsuleSettings& settings, std::int64_t blocks, bool residual) {
  const SampleShape shape = graph.node(graph.last()).shape;
  for (std::int64_t block = 1; block <= blocks; ++block)
    for (const char* half : {"first", "second"}) {
      const std::string name = fmt::format("block{}.{}", block, half);
      const NodeId before = graph.last();
      const NodeId branch = settings.put_layer(graph, name, shape.positions(), shape.channels);
      if (residual) graph.add(name + ".add", std::make_shared<layers::Add>(), {before, branch});
    }
}

void momentum_stack(Graph& graph, const CapsuleSettings& settings, std::int64_t blocks, const Options& options) {
  layers::MomentumCapsules::Options stack;
  stack.blocks = blocks;
  stack.iterations = settings.layer.routing.iterations;
  stack.kind = settings.layer.routing.kind;
  stack.gradient = settings.layer.routing.gradient;
  stack.deviation = settings.layer.deviation;
  stack.momentum = options.get_double("momentum", 0.9);
  stack.restart = options.get_bool("restart", true);
  stack.doubled = options.get_bool("doubled", false);
  const std::string memory = choice(options, "memory", "invert", {"invert", "exact", "store"});
  stack.memory = memory == "exact"   ? layers::StackMemory::exact
                 : memory == "store" ? layers::StackMemory::store
                                     : layers::StackMemory::invert;
  put<layers::MomentumCapsules>(graph, "stack", stack);
}

/// From the class capsules to their lengths; with a decoder its error is a penalty on the way.
void put_heads(Graph& graph, NodeId classes, const Options& options) {
  const NodeId lengths = put<layers::CapsuleLengths>(graph, "lengths");
  const double weight = options.get_double("reconstruction", 0.0005);
  const bool by_label = choice(options, "mask", "label", {"label", "longest"}) == "label";
  const auto margin_of = [&](NodeId node) { graph.add_head({.node = node, .loss = losses::make_loss("margin")}); };
  if (weight <= 0) return margin_of(lengths);
  graph.add("mask", std::make_shared<layers::CapsuleMask>(layers::CapsuleMask::Options{.by_label = by_label}), {classes});
  put<layers::Dense>(graph, "decoder1", {.features = 512});
  put<layers::Relu>(graph, "decoder1.relu");
  put<layers::Dense>(graph, "decoder2", {.features = 1024});
  put<layers::Relu>(graph, "decoder2.relu");
  put<layers::Dense>(graph, "decoder3", {.features = graph.node(0).shape.size(), .initialisation = Start::xavier_uniform});
  const NodeId image = put<layers::Logistic>(graph, "image");
  graph.add("scores", std::make_shared<layers::ReconstructionPenalty>(layers::ReconstructionPenalty::Options{.weight = weight}),
            {lengths, image, 0});
  margin_of(graph.last());
}

/// Options: channels of both convolutions; stack none is Sabour's net, else plain, residual or momentum with so many blocks of so many
/// capsules.
Graph capsule_net(const Options& options, const SampleShape& input, int classes) {
  const std::int64_t channels = count_of(options, "channels", 256, 8);
  const std::string stack = choice(options, "stack", "none", {"none", "plain", "residual", "momentum"});
  const std::int64_t blocks = count_of(options, "blocks", 2, 1), capsules = count_of(options, "capsules", 32, 2);
  const CapsuleSettings settings(options);
  const std::int64_t dimensions = 8;

  Graph graph(input);
  put<layers::Conv2d>(graph, "conv1", convolution(channels, 1));
  put<layers::Relu>(graph, "conv1.relu");
  put<layers::Conv2d>(graph, "primary", convolution(channels, 2));
  put<layers::Squash>(graph, "primary.squash", {.dimensions = dimensions});
  if (stack != "none") settings.put_layer(graph, "caps1", capsules, dimensions);
  if (stack == "plain" || stack == "residual") ordinary_stack(graph, settings, blocks, stack == "residual");
  if (stack == "momentum") momentum_stack(graph, settings, blocks, options);
  const NodeId digits = settings.put_layer(graph, "classes", classes, 16);
  put_heads(graph, digits, options);
  return graph;
}

/// Sabour's comparison: three 5x5 convolutions of 256, 256 and 128 channels, two dense layers of 328 and 192, dropout before the classes.
Graph baseline_net(const Options& options, const SampleShape& input, int classes) {
  const auto widths = widths_of(options, "widths", {256, 256, 128, 328, 192}, 5);
  Graph graph(input);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string name = fmt::format("conv{}", i + 1);
    put<layers::Conv2d>(graph, name, {.filters = widths[i], .filter_size = 5, .padding = 2});
    put<layers::Relu>(graph, name + ".relu");
  }
  for (std::size_t i = 3; i < 5; ++i) {
    const std::string name = fmt::format("dense{}", i - 2);
    put<layers::Dense>(graph, name, {.features = widths[i]});
    put<layers::Relu>(graph, name + ".relu");
  }
  put_dropout(graph, "dropout", options.get_double("keep", 0.5), layers::DropoutForm::inverted);
  put_classifier(graph, classes);
  return graph;
}

}  // namespace

std::vector<models::Model> models() {
  return {
      {"capsnet", "capsule net with a plain, residual or momentum stack, or none", capsule_net},
      {"baseline", "convolutional net of three layers, Sabour's comparison", baseline_net},
  };
}

}  // namespace reprise::experiments::mocapsnet
