// The net of K. Jordan 2024 (arXiv 2404.00498, airbench94), for 3x32x32 images and widths 64, 256, 256:
//
//   whiten    31x31   2x2 convolution, 24 fixed filters that whiten patches, trained bias; GELU
//   group1    15x15   3x3 convolution, 64; max pooling 2; batch norm; GELU; 3x3 convolution, 64; batch norm; GELU
//   group2    7x7     the same with 256
//   group3    3x3     the same with 256
//   head      1x1     max pooling 3; dense without bias; logits times 1/9
//
// With `third_convolution` (airbench96) a group ends otherwise: second GELU; 3x3 convolution; batch norm; plus the first GELU; GELU.
// With `unit_head` (airbench94_muon) the head's weights start with a standard deviation of 1, and logits are divided by their inputs'
// number. Convolutions of 3x3 have no bias; batch norm has a shift and no scale. Weight decay is on every trained parameter.

#include <fmt/format.h>

#include <cmath>

#include "suite/layers/add.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/gelu.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/scale.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::speedrun {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using recipes::Options;
using Start = layers::Initialisation::Kind;

/// Which parts of the ladder are in, and what the later nets have besides.
struct Parts {
  bool whitening, identity;
  double norm_bias_rate, norm_momentum;
  bool third_convolution;
};

void norm(Graph& graph, const std::string& name, const Parts& parts) {
  put<layers::BatchNorm>(
      graph, name + ".norm",
      {.momentum = parts.norm_momentum, .epsilon = 1e-12, .decays = true, .fixed_gamma = true, .beta_rate = parts.norm_bias_rate});
}

void norm_gelu(Graph& graph, const std::string& name, const Parts& parts) {
  norm(graph, name, parts);
  put<layers::Gelu>(graph, name + ".gelu");
}

void convolution(Graph& graph, const std::string& name, std::int64_t width, const Parts& parts) {
  put<layers::Conv2d>(graph, name,
                      {.filters = width,
                       .filter_size = 3,
                       .padding = 1,
                       .bias = false,
                       .initialisation = Start::fan_in_uniform,
                       .identity_filters = parts.identity});
}

void group(Graph& graph, const std::string& name, std::int64_t width, const Parts& parts) {
  convolution(graph, name + ".conv1", width, parts);
  put<layers::MaxPool2d>(graph, name + ".pool", {.window = 2, .stride = 2});
  norm_gelu(graph, name + ".1", parts);
  const graph::NodeId first = graph.last();
  convolution(graph, name + ".conv2", width, parts);
  norm_gelu(graph, name + ".2", parts);
  if (!parts.third_convolution) return;
  convolution(graph, name + ".conv3", width, parts);
  norm(graph, name + ".3", parts);
  graph.add(name + ".add", std::make_shared<layers::Add>(), {graph.last(), first});
  put<layers::Gelu>(graph, name + ".3.gelu");
}

Graph airbench(const Options& options, const SampleShape& input, int classes) {
  const Parts parts{.whitening = options.get_bool("whitening", true),
                    .identity = options.get_bool("identity", true),
                    .norm_bias_rate = options.get_double("norm_bias_rate", 64),
                    .norm_momentum = options.get_double("norm_momentum", 0.4),
                    .third_convolution = options.get_bool("third_convolution", false)};
  const bool unit_head = options.get_bool("unit_head", false);
  const auto widths = widths_of(options, "widths", {64, 256, 256}, 3);
  Graph graph(input);
  put<layers::Conv2d>(graph, "whiten",
                      {.filters = 8 * input.channels,
                       .filter_size = 2,
                       .initialisation = Start::fan_in_uniform,
                       .bias_decays = true,
                       .whitening_epsilon = parts.whitening ? 5e-4 : 0});
  put<layers::Gelu>(graph, "whiten.gelu");
  for (std::size_t i = 0; i < widths.size(); ++i) group(graph, fmt::format("group{}", i + 1), widths[i], parts);
  put<layers::MaxPool2d>(graph, "head.pool", {.window = 3, .stride = 3});
  const auto inputs = static_cast<double>(graph.node(graph.last()).shape.size());
  // A uniform distribution with bounds -b and b has the standard deviation b / sqrt(3).
  put<layers::Dense>(
      graph, "head",
      {.features = classes, .bias = false, .initialisation = Start::fan_in_uniform, .gain = unit_head ? std::sqrt(3 * inputs) : 1.0});
  put<layers::Scale>(graph, "logits", {.factor = 1.0 / (unit_head ? inputs : 9.0)});
  put_softmax_head(graph);
  return graph;
}

}  // namespace

std::vector<models::Model> models() {
  return {{"airbench", "whitening, three groups of two convolutions, scaled logits", airbench}};
}

}  // namespace reprise::experiments::speedrun
