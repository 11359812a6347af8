#include "suite/execution/integer_products.hpp"

#include <algorithm>
#include <cmath>

#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/quantised_activation.hpp"
#include "suite/layers/quantised_weights.hpp"

namespace reprise::execution {

namespace {

using graph::Graph;
using graph::Node;
using graph::NodeId;

bool is_sign(const Node& node) {
  const auto* activation = layer_as<layers::QuantisedActivation>(node);
  return activation != nullptr && activation->options().rule == layers::ActivationRule::sign;
}

/// With zeros around, or none.
bool pads_with_zeros(const layers::Conv2d::Options& o) {
  return o.padding == 0 || o.padding_mode == layers::PaddingMode::zeros;
}

kernels::ConvolutionShape shape_of(const layers::Conv2d::Options& o, const SampleShape& in, const SampleShape& out, int samples) {
  const auto beyond = [&](std::int64_t windows, std::int64_t extent) {
    return std::max<std::int64_t>(0, (windows - 1) * o.stride + o.filter_size - extent - 2 * o.padding);
  };
  return {.samples = samples,
          .in_channels = in.channels,
          .height = in.height,
          .width = in.width,
          .filters = o.filters,
          .filter_height = o.filter_size,
          .filter_width = o.filter_size,
          .stride = o.stride,
          .padding = o.padding,
          .groups = o.groups,
          .more_below = beyond(out.height, in.height),
          .more_right = beyond(out.width, in.width)};
}

/// The signs of a map lie in words, position after position: a dense layer can read them as one row if no word has unused bits.
bool fills_words(const SampleShape& shape) {
  constexpr std::int64_t kWordBits = 64;
  return shape.positions() == 1 || shape.channels % kWordBits == 0;
}

IntegerProduct sign_product(const layers::Layer& inner, const SampleShape& in, const SampleShape& out) {
  constexpr auto kSigns = IntegerProduct::Kind::signs;
  if (const auto* convolution = dynamic_cast<const layers::Conv2d*>(&inner)) {
    const layers::Conv2d::Options& o = convolution->options();
    return pads_with_zeros(o) && o.groups == 1 ? IntegerProduct{kSigns, shape_of(o, in, out, 1)} : IntegerProduct{};
  }
  const auto* dense = dynamic_cast<const layers::Dense*>(&inner);
  if (dense == nullptr || !fills_words(in)) return {};
  return {kSigns, {.in_channels = in.size(), .filters = dense->options().features}};
}

}  // namespace

IntegerProduct integer_product(const Graph& graph, NodeId n, NodeId first, int samples) {
  const Node& node = graph.node(n);
  if (n == first || node.inputs.size() != 1 || node.inputs[0] == 0) return {};
  const Node& source = graph.node(node.inputs[0]);
  if (const auto* convolution = layer_as<layers::Conv2d>(node)) {
    if (layer_as<layers::Relu>(source) == nullptr || !pads_with_zeros(convolution->options())) return {};
    return {IntegerProduct::Kind::levels, shape_of(convolution->options(), source.shape, node.shape, samples)};
  }
  const auto* quantised = layer_as<layers::QuantisedWeights>(node);
  if (quantised == nullptr || quantised->options().quantiser.rule != layers::WeightRule::sign || !is_sign(source)) return {};
  return sign_product(*quantised->options().inner, source.shape, node.shape);
}

std::int64_t weights_of_node(const Node& node) {
  return node.parameters.empty() || node.parameters[0].name != "weight" ? 0 : node.parameters[0].count();
}

NodeId first_weighted_node(const Graph& graph) {
  for (NodeId n = 1; n <= graph.last(); ++n)
    if (weights_of_node(graph.node(n)) > 0) return n;
  return 0;
}

const float* parameter_named(const Graph& graph, const graph::Parameters& parameters, NodeId n, const char* name) {
  const auto& specs = graph.node(n).parameters;
  for (std::size_t p = 0; p < specs.size(); ++p)
    if (specs[p].name == name) return parameters.node_values(n)[p];
  return nullptr;
}

const layers::BatchNorm* affine_norm(const Node& node) {
  const auto* norm = layer_as<layers::BatchNorm>(node);
  return norm != nullptr && norm->options().orientations == 1 ? norm : nullptr;
}

ChannelAffine affine_of_norm(const Graph& graph, const graph::Parameters& parameters, NodeId norm) {
  const double epsilon = affine_norm(graph.node(norm))->options().epsilon;
  const auto of = [&](const char* name) { return parameter_named(graph, parameters, norm, name); };
  const float *gamma = of("gamma"), *beta = of("beta"), *mean = of("running_mean"), *variance = of("running_var");
  ChannelAffine affine;
  for (std::int64_t c = 0; c < graph.node(norm).shape.channels; ++c) {
    const double scale = (gamma == nullptr ? 1.0 : static_cast<double>(gamma[c])) / std::sqrt(static_cast<double>(variance[c]) + epsilon);
    affine.scale.push_back(static_cast<float>(scale));
    affine.shift.push_back(
        static_cast<float>((beta == nullptr ? 0.0 : static_cast<double>(beta[c])) - scale * static_cast<double>(mean[c])));
  }
  return affine;
}

ChannelAffine composed(const ChannelAffine& affine, const ChannelAffine& behind) {
  ChannelAffine both;
  for (std::size_t c = 0; c < affine.scale.size(); ++c) {
    both.scale.push_back(affine.scale[c] * behind.scale[c]);
    both.shift.push_back(affine.shift[c] * behind.scale[c] + behind.shift[c]);
  }
  return both;
}

}  // namespace reprise::execution
