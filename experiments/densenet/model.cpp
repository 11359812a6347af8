// Nets of Huang, Liu, van der Maaten and Weinberger 2017 (arXiv 1608.06993): in a dense block every layer reads the maps of all layers
// before it and adds k of its own.
//
//   dense                                   dense_imagenet
//   32x32  3x3 convolution                  112x112  7x7 convolution, stride 2; norm, ReLU
//   32x32  block of N layers                56x56    3x3 maximum, stride 2; block
//   16x16  transition, block of N layers    28x28    transition, block
//    8x8   transition, block of N layers    14x14    transition, block
//                                            7x7     transition, block
//   norm, ReLU, average, dense layer        the same head
//
//   layer        norm, ReLU, 3x3 convolution of k filters; with a bottleneck norm, ReLU, 1x1 convolution of 4k filters in front of it
//   transition   norm, ReLU, 1x1 convolution of floor(compression * maps) filters, 2x2 average
//
// Details that the paper leaves out are those of the authors' Torch code: weight decay is on every parameter, and the first convolution
// has 16 filters unless the net has both bottlenecks and compression (2k then).

#include <fmt/format.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/layers/average_pool2d.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/concat.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::densenet {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using graph::NodeId;
using recipes::Options;

/// Options that both nets have: growth is k; bottleneck and compression are the B and the C of DenseNet-BC; dropout is the probability of
/// DROPPING, after every convolution but the first.
class Net {
 public:
  Net(const Options& options, const SampleShape& input, bool bottleneck, double compression)
      : graph_(input),
        growth_(count_of(options, "growth", 12, 1)),
        bottleneck_(options.get_bool("bottleneck", bottleneck)),
        compression_(options.get_double("compression", compression)),
        keep_(1 - options.get_double("dropout", 0)) {
    if (!(compression_ > 0 && compression_ <= 1))
      throw InputError(Complaint{"option 'compression'", "above 0, at most 1", fmt::format("{}", compression_), "1 keeps all maps"});
  }

  Graph& graph() { return graph_; }
  std::int64_t first_filters() const { return bottleneck_ && compression_ < 1 ? 2 * growth_ : 16; }

  /// Started as by He et al. 2015 (arXiv 1502.01852), equation 14: from the values that a filter writes to, not from those that it reads.
  void put_convolution(const std::string& name, std::int64_t filters, std::int64_t filter_size, std::int64_t stride = 1) {
    put<layers::Conv2d>(graph_, name,
                        {.filters = filters,
                         .filter_size = filter_size,
                         .stride = stride,
                         .padding = filter_size / 2,
                         .bias = false,
                         .initialisation = layers::Initialisation::Kind::normal,
                         .gain = std::sqrt(2.0 / static_cast<double>(filter_size * filter_size * filters))});
  }

  void put_norm_relu(const std::string& name) { norm_relu(graph_, name, {.decays = true}); }

  void put_block(std::int64_t block, std::int64_t layers) {
    for (std::int64_t layer = 1; layer <= layers; ++layer) put_layer(fmt::format("block{}.layer{}", block, layer));
  }

  void put_transition(std::int64_t after) {
    const std::string name = fmt::format("transition{}", after);
    const auto maps = static_cast<double>(graph_.node(graph_.last()).shape.channels);
    put_norm_relu(name);
    put_convolution(name + ".conv", static_cast<std::int64_t>(compression_ * maps), 1);
    put_dropout(graph_, name + ".dropout", keep_, layers::DropoutForm::inverted);
    put<layers::AveragePool2d>(graph_, name + ".pool", {.window = 2, .stride = 2});
  }

  Graph with_head(int classes) {
    put_norm_relu("final");
    put<layers::GlobalAveragePool>(graph_, "pool");
    put_classifier(graph_, classes, {.bias_decays = true, .initialisation = layers::Initialisation::Kind::fan_in_uniform});
    return std::move(graph_);
  }

 private:
  void put_layer(const std::string& name) {
    const NodeId before = graph_.last();
    if (bottleneck_) put_part(name + ".bottleneck", 4 * growth_, 1);
    put_part(name, growth_, 3);
    graph_.add(name + ".concat", std::make_shared<layers::Concat>(), {before, graph_.last()});
  }

  /// NAME.norm, NAME.relu, NAME.conv, NAME.dropout.
  void put_part(const std::string& name, std::int64_t filters, std::int64_t filter_size) {
    put_norm_relu(name);
    put_convolution(name + ".conv", filters, filter_size);
    put_dropout(graph_, name + ".dropout", keep_, layers::DropoutForm::inverted);
  }

  Graph graph_;
  std::int64_t growth_;
  bool bottleneck_;
  double compression_, keep_;
};

/// Layers of a block: the depth counts convolutions and the dense layer, and a block has (depth - 4) / 3 of the former.
std::int64_t layers_of_depth(std::int64_t depth, bool bottleneck) {
  const std::int64_t convolutions = bottleneck ? 6 : 3;
  if (depth >= 4 + convolutions && (depth - 4) % convolutions == 0) return (depth - 4) / convolutions;
  throw InputError(Complaint{"option 'depth'",
                             fmt::format("{} N + 4 with N at least 1: {}, {}, {}, ...", convolutions, 4 + convolutions,
                                         4 + 2 * convolutions, 4 + 3 * convolutions),
                             fmt::format("{}", depth), "Correct the depth"});
}

Graph dense_net(const Options& options, const SampleShape& input, int classes) {
  Net net(options, input, false, 1);
  const std::int64_t layers = layers_of_depth(options.get_int("depth", 40), options.get_bool("bottleneck", false));
  net.put_convolution("conv1", net.first_filters(), 3);
  for (std::int64_t block = 1; block <= 3; ++block) {
    if (block > 1) net.put_transition(block - 1);
    net.put_block(block, layers);
  }
  return net.with_head(classes);
}

/// Option besides: blocks, the layers of each.
Graph dense_net_for_photographs(const Options& options, const SampleShape& input, int classes) {
  Net net(options, input, true, 0.5);
  const std::vector<std::int64_t> blocks = widths_of(options, "blocks", {6, 12, 24, 16});
  net.put_convolution("conv1", net.first_filters(), 7, 2);
  net.put_norm_relu("conv1");
  put<layers::MaxPool2d>(net.graph(), "pool1", {.window = 3, .stride = 2, .padding = 1});
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto block = static_cast<std::int64_t>(i) + 1;
    if (block > 1) net.put_transition(block - 1);
    net.put_block(block, blocks[i]);
  }
  return net.with_head(classes);
}

}  // namespace

std::vector<models::Model> models() {
  return {{"dense", "three dense blocks for images of 32 pixels, 3 N + 4 layers or 6 N + 4 with bottlenecks", dense_net},
          {"dense_imagenet", "dense blocks with bottlenecks and compression for photographs", dense_net_for_photographs}};
}

}  // namespace reprise::experiments::densenet
