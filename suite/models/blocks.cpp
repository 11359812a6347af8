#include "suite/models/blocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "suite/layers/add.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/relu.hpp"
#include "suite/losses/catalog.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::models {
namespace {

layers::Conv2d::Options same_size(layers::Conv2d::Options options, std::int64_t width, std::int64_t filter_size, std::int64_t stride) {
  options.filters = width, options.filter_size = filter_size, options.stride = stride, options.padding = filter_size / 2;
  return options;
}

}  // namespace

graph::NodeId norm_relu(graph::Graph& graph, const std::string& name, const layers::BatchNorm::Options& norm) {
  put<layers::BatchNorm>(graph, name + ".norm", norm);
  return put<layers::Relu>(graph, name + ".relu");
}

graph::NodeId convolution_norm_relu(graph::Graph& graph, const std::string& name, std::int64_t width, std::int64_t filter_size,
                                    std::int64_t stride) {
  put<layers::Conv2d>(graph, name, same_size({}, width, filter_size, stride));
  return norm_relu(graph, name);
}

void PreActivationBlock::put(graph::Graph& graph, const std::string& name, std::int64_t width, std::int64_t stride) const {
  const graph::NodeId before = graph.last();
  const bool changes = stride != 1 || graph.node(before).shape.channels != width;
  graph::NodeId activated = before, branch = before;
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    const std::string number = fmt::format("{}", i + 1);
    const graph::NodeId relu = norm_relu(graph, name + "." + number, norm);
    if (i == 0) activated = relu;
    if (i > 0 && i + 1 == kernels.size()) put_dropout(graph, name + ".dropout", keep, layers::DropoutForm::inverted);
    const bool last = i + 1 == kernels.size();
    const std::int64_t filters = last ? width : std::max<std::int64_t>(1, std::llround(inner * static_cast<double>(width)));
    branch = models::put<layers::Conv2d>(graph, name + ".conv" + number, same_size(convolution, filters, kernels[i], i == 0 ? stride : 1));
  }
  graph::NodeId shortcut = before;
  if (changes)
    shortcut = graph.add(name + ".shortcut", std::make_shared<layers::Conv2d>(same_size(convolution, width, 1, stride)), {activated});
  graph.add(name + ".add", std::make_shared<layers::Add>(), {branch, shortcut});
}

void MlpConvBlock::put(graph::Graph& graph, std::int64_t block) const {
  const auto inner = static_cast<std::int64_t>(widths.size()) - 1;
  for (std::int64_t i = 0; i <= inner; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const std::string name = i == 0 ? fmt::format("conv{}", block) : fmt::format("cccp{}", inner * (block - 1) + i);
    layers::Conv2d::Options options = same_size({}, widths[at], i == 0 ? filter_size : 1, 1);
    if (!deviations.empty()) options.initialisation = layers::Initialisation::Kind::normal, options.gain = deviations.at(at);
    models::put<layers::Conv2d>(graph, name, options);
    if (i < inner || last_relu) models::put<layers::Relu>(graph, name + ".relu");
  }
}

void put_class_maps_head(graph::Graph& graph) {
  put<layers::GlobalAveragePool>(graph, "average");
  put_softmax_head(graph);
}

void put_softmax_head(graph::Graph& graph) {
  graph.add_head({.node = graph.last(), .loss = losses::make_loss("softmax_cross_entropy")});
}

void put_classifier(graph::Graph& graph, int classes, layers::Dense::Options options) {
  options.features = classes;
  put<layers::Dense>(graph, "logits", options);
  put_softmax_head(graph);
}

}  // namespace reprise::models
