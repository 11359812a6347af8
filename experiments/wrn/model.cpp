// Nets of Zagoruyko and Komodakis 2016 (arXiv 1605.07146), Table 1: WRN-n-k has N = (n - 4) / 6 blocks in each group.
//
//   conv1   32x32   3x3 convolution, 16
//   conv2   32x32   N blocks, width 16 k
//   conv3   16x16   N blocks, width 32 k, the first with stride 2
//   conv4   8x8     N blocks, width 64 k, the first with stride 2
//   head    1x1     batch norm, ReLU, average pooling, dense
//
// Details that the paper leaves out are those of the official Lua code: no convolution has a bias, weight decay is on every
// parameter, a block that changes its shape projects relu(norm(x)), dropout stands directly in front of the last convolution.

#include <fmt/format.h>

#include "suite/errors.hpp"
#include "suite/layers/add.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/relu.hpp"
#include "suite/losses/catalog.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::wrn {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using graph::NodeId;
using recipes::Options;

/// B(3,3), B(3,1), B(1,3,1) ...: the filter sizes of a block's convolutions, and dropout in front of the last one.
struct BlockKind {
  std::vector<std::int64_t> kernels;
  double keep;
};

NodeId norm_relu(Graph& graph, const std::string& name) {
  put<layers::BatchNorm>(graph, name + ".norm", {.decays = true});
  return put<layers::Relu>(graph, name + ".relu");
}

layers::Conv2d::Options convolution(std::int64_t filters, std::int64_t kernel, std::int64_t stride) {
  return {.filters = filters, .kernel = kernel, .stride = stride, .padding = kernel / 2, .bias = false};
}

/// x + conv(relu(norm(... conv(relu(norm(x)))))); where the shape changes, a 1x1 convolution of the first relu(norm(x)) in place of x.
void residual_block(Graph& graph, const std::string& name, const BlockKind& kind, std::int64_t width, std::int64_t stride) {
  const NodeId before = graph.last();
  const bool changes = stride != 1 || graph.node(before).shape.channels != width;
  NodeId activated = before, branch = before;
  for (std::size_t i = 0; i < kind.kernels.size(); ++i) {
    const std::string number = fmt::format("{}", i + 1);
    const NodeId relu = norm_relu(graph, name + "." + number);
    if (i == 0) activated = relu;
    if (i > 0 && i + 1 == kind.kernels.size()) put_dropout(graph, name + ".dropout", kind.keep, layers::DropoutForm::inverted);
    branch = put<layers::Conv2d>(graph, name + ".conv" + number, convolution(width, kind.kernels[i], i == 0 ? stride : 1));
  }
  NodeId shortcut = before;
  if (changes) shortcut = graph.add(name + ".shortcut", std::make_shared<layers::Conv2d>(convolution(width, 1, stride)), {activated});
  graph.add(name + ".add", std::make_shared<layers::Add>(), {branch, shortcut});
}

std::int64_t blocks_of_depth(std::int64_t depth) {
  if (depth >= 10 && (depth - 4) % 6 == 0) return (depth - 4) / 6;
  throw InputError(Complaint{"option 'depth'", "6 N + 4 with N at least 1: 10, 16, 22, 28, ...", fmt::format("{}", depth),
                             "Correct the depth, or give the blocks of each group as option 'blocks'"});
}

/// Options: depth and width name the net; kernels the block; blocks (of a group) where the depth does not tell; dropout is the
/// probability of DROPPING, as in the paper.
Graph wide_residual_net(const Options& options, const SampleShape& input, int classes) {
  const std::int64_t depth = options.get_int("depth", 16);
  const std::int64_t widen = count_of(options, "width", 1, 1);
  const std::int64_t given = count_of(options, "blocks", 0, 0);
  const std::int64_t blocks = given > 0 ? given : blocks_of_depth(depth);
  const BlockKind kind{widths_of(options, "kernels", {3, 3}), 1.0 - options.get_double("dropout", 0)};

  Graph graph(input);
  put<layers::Conv2d>(graph, "conv1", convolution(16, 3, 1));
  for (std::int64_t group = 0; group < 3; ++group) {
    const std::int64_t width = (std::int64_t{16} << group) * widen;
    for (std::int64_t block = 0; block < blocks; ++block) {
      residual_block(graph, fmt::format("conv{}.block{}", group + 2, block + 1), kind, width, group > 0 && block == 0 ? 2 : 1);
    }
  }
  norm_relu(graph, "final");
  put<layers::GlobalAveragePool>(graph, "pool");
  using Start = layers::Initialisation::Kind;
  put<layers::Dense>(graph, "logits", {.features = classes, .bias_decays = true, .initialisation = Start::fan_in_uniform});
  graph.add_head({.node = graph.last(), .loss = losses::make_loss("softmax_cross_entropy")});
  return graph;
}

}  // namespace

std::vector<models::Model> models() {
  return {{"wrn", "wide residual net: pre-activation blocks, 6 N + 4 layers, k times the width", wide_residual_net}};
}

}  // namespace reprise::experiments::wrn
