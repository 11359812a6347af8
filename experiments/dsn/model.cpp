// Deeply-supervised nets (Lee et al. 2015, arXiv 1409.5185): a net, and a companion on each of its convolutions.
//
//   mlp_conv                                     32x32
//   block 1   mlpconv 5x5, 192, 160, 96          32x32x96    max pooling 3x3, stride 2, rounded up; dropout
//   block 2   mlpconv 5x5, 192, 192, 192         16x16x192   the same
//   block 3   mlpconv 3x3, 192, 192, classes     8x8         no ReLU on the class maps; average over all positions
//
//   lenet                                        28x28
//   5x5, 20; ReLU; max pooling 2                 12x12x20
//   5x5, 50; ReLU; max pooling 2                 4x4x50
//   dense 500, ReLU, dense
//
// A companion is a dense layer that reads a convolution before its ReLU and is compared with the label.

#include <fmt/format.h>

#include <cmath>

#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "suite/losses/catalog.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::dsn {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using recipes::Options;

/// How a net is supervised: the loss at its output, and companions at some convolutions.
struct Supervision {
  explicit Supervision(const Options& options)
      : loss(choice(options, "loss", "squared_hinge", {"squared_hinge", "softmax_cross_entropy"})),
        companions(options.get_bool("companions", true)),
        falls(choice(options, "companion_schedule", "constant", {"constant", "linear"}) == "linear"),
        weight(options.get_double("companion_weight", 1.0)),
        threshold(options.get_double("companion_threshold", 0.0)) {}

  /// The last node is the output; `supervised` are read by companions, "companion1" and so on.
  void put(Graph& graph, int classes, const std::vector<std::string>& supervised) const {
    graph.add_head({.node = graph.last(), .loss = losses::make_loss(loss)});
    if (!companions) return;
    for (std::size_t i = 0; i < supervised.size(); ++i) {
      const std::string name = fmt::format("companion{}", i + 1);
      // Uniform with variance 1 / fan-in, as "xavier" was in the Caffe of the released code.
      const layers::Dense::Options options{
          .features = classes, .initialisation = layers::Initialisation::Kind::fan_in_uniform, .gain = std::sqrt(3.0)};
      const graph::NodeId node = graph.add(name, std::make_shared<layers::Dense>(options), {graph.find(supervised[i])});
      schedules::Schedule schedule{.value = weight};
      if (falls) schedule.kind = "linear", schedule.final_value = 0;
      graph.add_head({.name = name, .node = node, .loss = losses::make_loss(loss), .weight = schedule, .threshold = threshold});
    }
  }

  std::string loss;
  bool companions, falls;
  double weight, threshold;
};

Graph mlp_conv(const Options& options, const SampleShape& input, int classes) {
  std::vector<std::int64_t> widths = widths_of(options, "widths", {192, 160, 96, 192, 192, 192, 192, 192}, 8);
  const double deviation = options.get_double("deviation", 0);
  const double keep = options.get_double("keep", 0.5);
  const auto form = dropout_form(options, "inverted");
  const Supervision supervision(options);
  widths.push_back(classes);

  Graph graph(input);
  for (std::int64_t k = 0; k < 3; ++k) {
    MlpConvBlock block{.widths = {widths.begin() + 3 * k, widths.begin() + 3 * k + 3}, .filter_size = k < 2 ? 5 : 3, .last_relu = k < 2};
    if (deviation > 0) block.deviations.assign(3, deviation);
    block.put(graph, k + 1);
    if (k == 2) break;
    put<layers::MaxPool2d>(graph, fmt::format("pool{}", k + 1), {.window = 3, .stride = 2, .ceil = true});
    put_dropout(graph, fmt::format("dropout{}", k + 1), keep, form);
  }
  put<layers::GlobalAveragePool>(graph, "average");
  supervision.put(graph, classes, {"conv1", "conv2", "conv3"});
  return graph;
}

Graph lenet(const Options& options, const SampleShape& input, int classes) {
  const auto widths = widths_of(options, "widths", {20, 50, 500}, 3);
  const Supervision supervision(options);

  Graph graph(input);
  for (std::size_t k = 0; k < 2; ++k) {
    const std::string number = fmt::format("{}", k + 1);
    put<layers::Conv2d>(graph, "conv" + number, {.filters = widths[k], .filter_size = 5});
    put<layers::Relu>(graph, "conv" + number + ".relu");
    put<layers::MaxPool2d>(graph, "pool" + number, {.window = 2, .stride = 2});
  }
  put<layers::Dense>(graph, "dense", {.features = widths[2]});
  put<layers::Relu>(graph, "dense.relu");
  put<layers::Dense>(graph, "logits", {.features = classes});
  supervision.put(graph, classes, {"conv1", "conv2"});
  return graph;
}

}  // namespace

std::vector<models::Model> models() {
  return {{"mlp_conv", "three mlpconv blocks with companions on their convolutions", mlp_conv},
          {"lenet", "two convolutions and two dense layers with companions on the convolutions", lenet}};
}

}  // namespace reprise::experiments::dsn
