// Nets of Jaderberg et al. 2015 for distorted digits (arXiv 1506.02025, appendix A.4). No padding; ReLU behind each layer but the last.
//
// fcn  two dense layers of `width` units and the logits
// cnn  9x9 convolution of `width` filters, maximum 2x2, 7x7 convolution, maximum 2x2, logits
//
// In front of either may stand spatial transformers, side by side, each with a localisation net on the image:
//   dense         three dense layers of 32 units, numbers of the transform
//   convolutions  mean 2x2, 5x5 convolution of 20 filters, maximum 2x2, the same convolution, 20 units, numbers of the transform
// The numbers start at 0, where the transform is the identity. Their images are stacked, and a 2x2 mean may halve them.

#include <fmt/format.h>

#include "suite/layers/average_pool2d.hpp"
#include "suite/layers/concat.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "suite/layers/spatial_transform.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::stn {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using graph::NodeId;
using recipes::Options;
using Start = layers::Initialisation::Kind;

constexpr std::int64_t kLocalisationUnits = 32, kLocalisationFilters = 20;

void dense_relu(Graph& graph, const std::string& name, std::int64_t units) {
  put<layers::Dense>(graph, name, {.features = units});
  put<layers::Relu>(graph, name + ".relu");
}

void convolution_relu(Graph& graph, const std::string& name, std::int64_t filters, std::int64_t size) {
  put<layers::Conv2d>(graph, name, {.filters = filters, .filter_size = size});
  put<layers::Relu>(graph, name + ".relu");
}

/// Reads `image`; its last node has as many values as the transform has numbers, all 0 before training.
NodeId localisation(Graph& graph, const std::string& name, bool convolves, std::int64_t numbers, NodeId image) {
  if (convolves) {
    graph.add(name + ".half", std::make_shared<layers::AveragePool2d>(layers::AveragePool2d::Options{}), {image});
    convolution_relu(graph, name + ".conv1", kLocalisationFilters, 5);
    put<layers::MaxPool2d>(graph, name + ".pool");
    convolution_relu(graph, name + ".conv2", kLocalisationFilters, 5);
    dense_relu(graph, name + ".fc", kLocalisationFilters);
  } else {
    graph.add(name + ".fc1", std::make_shared<layers::Dense>(layers::Dense::Options{.features = kLocalisationUnits}), {image});
    put<layers::Relu>(graph, name + ".fc1.relu");
    dense_relu(graph, name + ".fc2", kLocalisationUnits);
    dense_relu(graph, name + ".fc3", kLocalisationUnits);
  }
  return put<layers::Dense>(graph, name + ".numbers", {.features = numbers, .initialisation = Start::normal, .gain = 0});
}

/// Options: transform, transformers, localisation, halves.
void put_transformers(Graph& graph, const Options& options) {
  const std::string kind =
      choice(options, "transform", "none", {"none", "affine", "attention", "translation", "rotation", "projective", "thin_plate"});
  if (kind == "none") return;
  const layers::Transform transform = layers::transform_of(kind);
  const bool convolves = choice(options, "localisation", "dense", {"dense", "convolutions"}) == "convolutions";
  const std::int64_t count = count_of(options, "transformers", 1, 1);
  const NodeId image = graph.last();
  std::vector<NodeId> seen;
  for (std::int64_t k = 1; k <= count; ++k) {
    const std::string suffix = count > 1 ? std::to_string(k) : "";
    const NodeId numbers = localisation(graph, "localisation" + suffix, convolves, layers::numbers_of(transform), image);
    seen.push_back(graph.add("transform" + suffix,
                             std::make_shared<layers::SpatialTransform>(layers::SpatialTransform::Options{.transform = transform}),
                             {image, numbers}));
  }
  if (count > 1) graph.add("seen", std::make_shared<layers::Concat>(layers::Concat::Options{}), seen);
  if (options.get_bool("halves", false)) put<layers::AveragePool2d>(graph, "half");
}

Graph fcn(const Options& options, const SampleShape& input, int classes) {
  const std::int64_t width = count_of(options, "width", 256, 1);
  Graph graph(input);
  put_transformers(graph, options);
  dense_relu(graph, "fc1", width);
  dense_relu(graph, "fc2", width);
  put_classifier(graph, classes);
  return graph;
}

/// Option ceil: maxima of windows that reach beyond the image, too, without which nothing is left of images of 21 pixels. Where the second
/// convolution leaves one position, there is no second maximum.
Graph cnn(const Options& options, const SampleShape& input, int classes) {
  const std::int64_t width = count_of(options, "width", 64, 1);
  const bool ceil = options.get_bool("ceil", false);
  Graph graph(input);
  put_transformers(graph, options);
  convolution_relu(graph, "conv1", width, 9);
  put<layers::MaxPool2d>(graph, "pool1", {.ceil = ceil});
  convolution_relu(graph, "conv2", width, 7);
  if (graph.node(graph.last()).shape.positions() > 1) put<layers::MaxPool2d>(graph, "pool2", {.ceil = ceil});
  put_classifier(graph, classes);
  return graph;
}

}  // namespace

std::vector<Model> models() {
  return {{"fcn", "dense layers, spatial transformers in front", fcn}, {"cnn", "two convolutions, spatial transformers in front", cnn}};
}

}  // namespace reprise::experiments::stn
