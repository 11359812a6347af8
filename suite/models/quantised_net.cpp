#include "suite/models/quantised_net.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "suite/errors.hpp"
#include "suite/layers/clustered_weights.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/dropout.hpp"
#include "suite/layers/flatten.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/quantised_weights.hpp"
#include "suite/layers/relu.hpp"

namespace reprise::models {

namespace {

using graph::Graph;
using graph::Node;
using graph::NodeId;

constexpr int kReal = 32;  // bits of a weight that stays as it is

template <class Layer>
bool is(const Node& node) {
  return dynamic_cast<const Layer*>(node.layer.get()) != nullptr;
}

bool has_weights(const Node& node) {
  return is<layers::Conv2d>(node) || is<layers::Dense>(node);
}

/// Hands on values of its input, none else (but for zeros of dropout).
bool passes_values_on(const Node& node) {
  return is<layers::MaxPool2d>(node) || is<layers::Dropout>(node) || is<layers::Flatten>(node);
}

/// Of the nodes that `from` reads, directly or through those that pass values on: which are activations.
void mark_activations(const Graph& net, NodeId from, std::vector<bool>& marked) {
  for (const NodeId id : net.node(from).inputs) {
    const Node& node = net.node(id);
    if (is<layers::Relu>(node)) marked[static_cast<std::size_t>(id)] = true;
    if (id > 0 && passes_values_on(node)) mark_activations(net, id, marked);
  }
}

int bits_of(const recipes::Options& options, const std::string& key, int fallback) {
  return static_cast<int>(options.get_int(key, fallback));
}

}  // namespace

FewBits few_bits_of(const recipes::Options& options) {
  FewBits bits;
  bits.weights.rule = layers::weight_rule(options.get_string("weights", "none"));
  if (bits.weights.rule == layers::WeightRule::dorefa || bits.weights.rule == layers::WeightRule::symmetric)
    bits.weights.bits = bits_of(options, "weight_bits", bits.weights.bits);
  if (bits.weights.rule != layers::WeightRule::none) {
    bits.weights.gate = layers::gate_named(options.get_string("weight_gate", "identity"));
    bits.clips = options.get_bool("clips", false);
    bits.edge_bits = bits_of(options, "edge_bits", kReal);
  } else {
    bits.values = options.get_int("weight_values", 0);
  }
  const std::string rule = options.get_string("activations", "none");
  if (rule == "none") return bits;
  bits.quantises_activations = true;
  bits.activations.rule = layers::activation_rule(rule);
  if (bits.activations.rule == layers::ActivationRule::sign)
    bits.activations.gate = layers::gate_named(options.get_string("activation_gate", "hard_tanh"));
  else
    bits.activations.bits = bits_of(options, "activation_bits", bits.activations.bits);
  if (bits.activations.rule == layers::ActivationRule::pact) bits.activations.alpha = options.get_double("alpha", bits.activations.alpha);
  return bits;
}

Graph with_few_bits(const Graph& net, const FewBits& bits) {
  std::vector<NodeId> weighted;
  for (NodeId n = 1; n <= net.last(); ++n)
    if (has_weights(net.node(n))) weighted.push_back(n);
  const auto is_edge = [&](NodeId n) { return n == weighted.front() || n == weighted.back(); };
  std::vector<bool> marked(net.nodes().size(), false);
  if (bits.quantises_activations)
    for (const NodeId n : weighted)
      if (!is_edge(n)) mark_activations(net, n, marked);

  Graph result(net.node(0).shape);
  for (NodeId n = 1; n <= net.last(); ++n) {
    const Node& node = net.node(n);
    std::shared_ptr<const layers::Layer> layer = node.layer;
    if (marked[static_cast<std::size_t>(n)]) layer = std::make_shared<layers::QuantisedActivation>(bits.activations);
    if (has_weights(node)) {
      layers::WeightQuantiser quantiser = bits.weights;
      if (is_edge(n)) quantiser = {.rule = layers::WeightRule::symmetric, .bits = bits.edge_bits};
      const bool real = is_edge(n) ? bits.edge_bits == kReal : quantiser.rule == layers::WeightRule::none;
      if (!real)
        layer = std::make_shared<layers::QuantisedWeights>(
            layers::QuantisedWeights::Options{.inner = node.layer, .quantiser = quantiser, .clips = bits.clips && !is_edge(n)});
      else if (bits.values != 0 && !is_edge(n))
        layer = std::make_shared<layers::ClusteredWeights>(layers::ClusteredWeights::Options{.inner = node.layer, .values = bits.values});
    }
    result.add(node.name, std::move(layer), node.inputs);
  }
  for (const graph::Head& head : net.heads()) result.add_head(head);
  return result;
}

}  // namespace reprise::models
