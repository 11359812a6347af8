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
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::wrn {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using recipes::Options;

std::int64_t blocks_of_depth(std::int64_t depth) {
  if (depth >= 10 && (depth - 4) % 6 == 0) return (depth - 4) / 6;
  throw InputError(Complaint{"option 'depth'", "6 N + 4 with N at least 1: 10, 16, 22, 28, ...", fmt::format("{}", depth),
                             "Correct the depth, or give the blocks of each group as option 'blocks'"});
}

double inner_of(const Options& options) {
  const double inner = options.get_double("inner", 1);
  if (inner > 0 && inner <= 1) return inner;
  throw InputError(Complaint{"option 'inner'", "above 0, at most 1", fmt::format("{}", inner), "1 is the paper's block"});
}

/// Options: depth and width name the net; kernels the block; blocks (of a group) where the depth does not tell; inner the filters of a
/// block's convolutions but the last, as a share of its width (not in the paper); dropout is the probability of DROPPING, as in the paper.
Graph wide_residual_net(const Options& options, const SampleShape& input, int classes) {
  const std::int64_t depth = options.get_int("depth", 16);
  const std::int64_t widen = count_of(options, "width", 1, 1);
  const std::int64_t given = count_of(options, "blocks", 0, 0);
  const std::int64_t blocks = given > 0 ? given : blocks_of_depth(depth);
  const layers::BatchNorm::Options norm{.decays = true};
  const PreActivationBlock kind{.kernels = widths_of(options, "kernels", {3, 3}),
                                .inner = inner_of(options),
                                .keep = 1.0 - options.get_double("dropout", 0),
                                .convolution = {.bias = false},
                                .norm = norm};

  Graph graph(input);
  put<layers::Conv2d>(graph, "conv1", {.filters = 16, .filter_size = 3, .padding = 1, .bias = false});
  for (std::int64_t group = 0; group < 3; ++group) {
    const std::int64_t width = (std::int64_t{16} << group) * widen;
    for (std::int64_t block = 0; block < blocks; ++block) {
      kind.put(graph, fmt::format("conv{}.block{}", group + 2, block + 1), width, group > 0 && block == 0 ? 2 : 1);
    }
  }
  norm_relu(graph, "final", norm);
  put<layers::GlobalAveragePool>(graph, "pool");
  using Start = layers::Initialisation::Kind;
  put_classifier(graph, classes, {.bias_decays = true, .initialisation = Start::fan_in_uniform});
  return graph;
}

}  // namespace

std::vector<models::Model> models() {
  return {{"wrn", "wide residual net: pre-activation blocks, 6 N + 4 layers, k times the width", wide_residual_net}};
}

}  // namespace reprise::experiments::wrn
