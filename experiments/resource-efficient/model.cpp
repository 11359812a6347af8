// Nets of the survey of Roth et al. (arXiv 2001.03048) and of the work that it compares, with weights and activations of few bits.
//
//   lenet         5x5 20, pool, 5x5 50, pool, 500, 250, classes; norm and ReLU behind each but the last
//   binary_vgg    2x 3x3 128, pool, 2x 3x3 256, pool, 2x 3x3 512, pool, 1024, classes; norm and ReLU behind each but the last, the pools
//                 in front of them (Courbariaux et al. 2016, arXiv 1602.02830)
//   wrn, dense    those of the papers wrn and densenet, with all of their options; resnet: that of regularization
//
// Every net takes the options of suite/models/quantised_net.hpp. In wrn, structure says what stands for each 3x3 convolution but the first:
//
//   plain         itself
//   depthwise     3x3 in each channel, then 1x1                                        Howard et al. 2017, arXiv 1704.04861
//   grouped       in `groups` groups of channels, then an exchange between them       Zhang et al. 2017, arXiv 1707.01083

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <string_view>

#include "suite/errors.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/channel_shuffle.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"
#include "suite/models/quantised_net.hpp"

namespace reprise::experiments::resource_efficient {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using graph::NodeId;
using recipes::Options;

Graph of_paper(std::string_view slug, std::string_view name, const Options& options, const SampleShape& input, int classes) {
  for (const PaperEntry& paper : papers())
    for (const Model& model : paper.models())
      if (paper.slug == slug && model.name == name) return model.build(options, input, classes);
  throw InputError(Complaint{"model of another paper", fmt::format("{}/{}", slug, name), "none", "Name one that it has"});
}

Graph lenet(const Options& options, const SampleShape& input, int classes) {
  Graph graph(input);
  const auto convolution = [&](const std::string& name, std::int64_t filters) {
    put<layers::Conv2d>(graph, name, {.filters = filters, .filter_size = 5, .bias = false});
    norm_relu(graph, name);
    put<layers::MaxPool2d>(graph, name + ".pool", {.window = 2, .stride = 2});
  };
  const auto dense = [&](const std::string& name, std::int64_t features) {
    put<layers::Dense>(graph, name, {.features = features, .bias = false});
    norm_relu(graph, name);
  };
  const std::vector<std::int64_t> widths = widths_of(options, "widths", {20, 50, 500, 250}, 4);
  convolution("conv1", widths[0]);
  convolution("conv2", widths[1]);
  dense("dense1", widths[2]);
  dense("dense2", widths[3]);
  put_classifier(graph, classes, {.bias = false});
  return with_few_bits(graph, few_bits_of(options));
}

/// Options: width, a factor of all widths.
Graph binary_vgg(const Options& options, const SampleShape& input, int classes) {
  const double factor = options.get_double("width", 1);
  const auto width = [&](std::int64_t full) {
    const auto scaled = static_cast<std::int64_t>(std::lround(factor * static_cast<double>(full)));
    if (scaled >= 1) return scaled;
    throw InputError(Complaint{"option 'width'", fmt::format("a factor that leaves something of {}", full), fmt::format("{}", factor),
                               "1 is the full net"});
  };
  Graph graph(input);
  for (std::int64_t stage = 1; stage <= 3; ++stage)
    for (std::int64_t i = 1; i <= 2; ++i) {
      const std::string name = fmt::format("conv{}.{}", stage, i);
      put<layers::Conv2d>(graph, name, {.filters = width(std::int64_t{64} << stage), .filter_size = 3, .padding = 1, .bias = false});
      if (i == 2) put<layers::MaxPool2d>(graph, name + ".pool", {.window = 2, .stride = 2});
      norm_relu(graph, name);
    }
  put<layers::Dense>(graph, "dense1", {.features = width(1024), .bias = false});
  norm_relu(graph, "dense1");
  put_classifier(graph, classes);
  return with_few_bits(graph, few_bits_of(options));
}

/// The net with another structure for its 3x3 convolutions but the first.
Graph with_structure(const Graph& net, const std::string& structure, std::int64_t groups) {
  Graph result(net.node(0).shape);
  std::vector<NodeId> ids{0};  // of each node of `net` in the result
  bool first = true;
  for (NodeId n = 1; n <= net.last(); ++n) {
    const graph::Node& node = net.node(n);
    std::vector<NodeId> inputs;
    for (const NodeId id : node.inputs) inputs.push_back(ids[static_cast<std::size_t>(id)]);
    const auto* convolution = dynamic_cast<const layers::Conv2d*>(node.layer.get());
    const bool replaced = convolution != nullptr && convolution->options().filter_size == 3 && !first;
    if (convolution != nullptr) first = false;
    if (replaced && structure == "depthwise") {
      layers::Conv2d::Options spatial = convolution->options(), pointwise = spatial;
      spatial.filters = spatial.groups = result.node(inputs[0]).shape.channels;
      pointwise.filter_size = pointwise.stride = 1, pointwise.padding = 0;
      const NodeId depthwise = result.add(node.name + ".depthwise", std::make_shared<layers::Conv2d>(spatial), inputs);
      ids.push_back(result.add(node.name, std::make_shared<layers::Conv2d>(pointwise), {depthwise}));
    } else if (replaced && structure == "grouped") {
      layers::Conv2d::Options grouped = convolution->options();
      grouped.groups = groups;
      const NodeId convolved = result.add(node.name, std::make_shared<layers::Conv2d>(grouped), inputs);
      ids.push_back(result.add(node.name + ".shuffle", std::make_shared<layers::ChannelShuffle>(layers::ChannelShuffle::Options{groups}),
                               {convolved}));
    } else {
      ids.push_back(result.add(node.name, node.layer, inputs));
    }
  }
  for (graph::Head head : net.heads()) {
    head.node = ids[static_cast<std::size_t>(head.node)];
    result.add_head(std::move(head));
  }
  return result;
}

Graph wrn(const Options& options, const SampleShape& input, int classes) {
  const std::string structure = choice(options, "structure", "plain", {"plain", "depthwise", "grouped"});
  const std::int64_t groups = structure == "grouped" ? count_of(options, "groups", 4, 2) : 1;
  return with_few_bits(with_structure(of_paper("wrn", "wrn", options, input, classes), structure, groups), few_bits_of(options));
}

Graph resnet(const Options& options, const SampleShape& input, int classes) {
  return with_few_bits(of_paper("regularization", "resnet", options, input, classes), few_bits_of(options));
}

Graph dense(const Options& options, const SampleShape& input, int classes) {
  return with_few_bits(of_paper("densenet", "dense", options, input, classes), few_bits_of(options));
}

}  // namespace

std::vector<models::Model> models() {
  return {{"lenet", "two convolutions and three dense layers, with norm", lenet},
          {"binary_vgg", "six 3x3 convolutions and two dense layers, with norm", binary_vgg},
          {"wrn", "wide residual net of few bits, or with depthwise or grouped convolutions", wrn},
          {"resnet", "residual net of few bits", resnet},
          {"dense", "densely connected net of few bits", dense}};
}

}  // namespace reprise::experiments::resource_efficient
