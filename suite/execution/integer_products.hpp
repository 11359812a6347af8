#pragma once
// Which nodes of a net an integer net computes with whole numbers, and how a norm looks to it. Private to this folder.

#include <cstdint>
#include <vector>

#include "suite/graph/graph.hpp"
#include "suite/graph/parameters.hpp"
#include "suite/kernels/convolution.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/relu.hpp"

namespace reprise::execution {

template <class Layer>
const Layer* layer_as(const graph::Node& node) {
  return dynamic_cast<const Layer*>(node.layer.get());
}

/// The products of a node as a convolution of levels or of signs.
struct IntegerProduct {
  enum class Kind { none, levels, signs } kind = Kind::none;
  kernels::ConvolutionShape shape{};
};

/// Of node `n`; `first` is the net's first node of weights, which stays real.
IntegerProduct integer_product(const graph::Graph& graph, graph::NodeId n, graph::NodeId first, int samples);

/// 0: none.
graph::NodeId first_weighted_node(const graph::Graph& graph);
/// Weights of a convolution or dense layer, without biases; 0: none.
std::int64_t weights_of_node(const graph::Node& node);

/// Null where the node has none of that name.
const float* parameter_named(const graph::Graph& graph, const graph::Parameters& parameters, graph::NodeId n, const char* name);

/// scale x + shift of each channel.
struct ChannelAffine {
  std::vector<float> scale, shift;
};

/// A norm of one orientation, which in inference is affine. Null for other nodes.
const layers::BatchNorm* affine_norm(const graph::Node& node);
ChannelAffine affine_of_norm(const graph::Graph& graph, const graph::Parameters& parameters, graph::NodeId norm);
/// First `affine`, then `behind`.
ChannelAffine composed(const ChannelAffine& affine, const ChannelAffine& behind);

}  // namespace reprise::execution
