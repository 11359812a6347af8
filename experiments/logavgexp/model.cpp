// Nets for Lowe et al. 2021. The paper's own nets could not be read; these are this project's choice.
//
// Placement "feature": features [N, H, W, C] -> pool -> dense.   Placement "logit": 1x1 convolution to class maps -> pool.

#include <fmt/format.h>

#include "suite/layers/batch_norm.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/global_max_pool.hpp"
#include "suite/layers/log_avg_exp_pool.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::logavgexp {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using recipes::Options;

/// The global pooling under test, and where it stands.
struct Pooling {
  std::string kind;       ///< gap, gmp, lse (no division by the count), lae
  std::string placement;  ///< feature, logit
  layers::LogAvgExpPool::Options soft;

  explicit Pooling(const Options& options)
      : kind(choice(options, "pooling", "lae", {"gap", "gmp", "lse", "lae"})),
        placement(choice(options, "placement", "feature", {"feature", "logit"})) {
    soft.initial_temperature = options.get_double("temperature", 1);
    soft.learned = options.get_bool("learned", false);
    soft.per_channel = options.get_bool("per_channel", false);
    soft.subtract_count = kind == "lae";
  }

  void put_pool(Graph& graph) const {
    if (kind == "gap")
      put<layers::GlobalAveragePool>(graph, "pool");
    else if (kind == "gmp")
      put<layers::GlobalMaxPool>(graph, "pool");
    else
      put<layers::LogAvgExpPool>(graph, "pool", soft);
  }

  /// From the last feature map to logits. `norm`: batch norm on the class maps, so that their scale does not do the
  /// temperature's work.
  void put_head(Graph& graph, int classes, bool norm = false) const {
    if (placement == "logit") {
      put<layers::Conv2d>(graph, "class_maps", {.filters = classes, .filter_size = 1});
      if (norm) put<layers::BatchNorm>(graph, "class_maps.norm");
      put_pool(graph);
    } else {
      put_pool(graph);
      put<layers::Dense>(graph, "logits", {.features = classes});
    }
    put_softmax_head(graph);
  }
};

/// Depth 6 blocks + 2: 3x3 convolution, three groups of `blocks` residual blocks, the second and third with stride 2.
Graph residual_net(const Options& options, const SampleShape& input, int classes) {
  const std::int64_t blocks = count_of(options, "blocks", 1, 1);
  const auto widths = widths_of(options, "widths", {16, 32, 64}, 3);
  const Pooling pooling(options);

  Graph graph(input);
  put<layers::Conv2d>(graph, "stem", {.filters = widths[0], .filter_size = 3, .padding = 1});
  for (std::size_t group = 0; group < widths.size(); ++group) {
    for (std::int64_t block = 0; block < blocks; ++block) {
      const std::int64_t stride = group > 0 && block == 0 ? 2 : 1;
      PreActivationBlock{}.put(graph, fmt::format("group{}.block{}", group + 1, block + 1), widths[group], stride);
    }
  }
  norm_relu(graph, "final");
  pooling.put_head(graph, classes);
  return graph;
}

void convolution(Graph& graph, int number, std::int64_t width, std::int64_t kernel, std::int64_t stride) {
  convolution_norm_relu(graph, fmt::format("conv{}", number), width, kernel, stride);
}

/// ALL-CNN-C (Springenberg et al. 2015) with batch norm after every convolution and a padded top convolution.
Graph all_convolutional_net(const Options& options, const SampleShape& input, int classes) {
  const auto widths = widths_of(options, "widths", {48, 96}, 2);
  const Pooling pooling(options);
  Graph graph(input);
  int number = 0;
  for (const std::int64_t width : widths) {
    convolution(graph, ++number, width, 3, 1);
    convolution(graph, ++number, width, 3, 1);
    convolution(graph, ++number, width, 3, 2);
  }
  convolution(graph, ++number, widths[1], 3, 1);
  convolution(graph, ++number, widths[1], 1, 1);
  pooling.put_head(graph, classes, true);
  return graph;
}

/// For an object somewhere on a large canvas: three times 3x3 convolution, batch norm, ReLU, 2x2 max pooling.
Graph canvas_net(const Options& options, const SampleShape& input, int classes) {
  const auto widths = widths_of(options, "widths", {16, 32, 64});
  const Pooling pooling(options);
  Graph graph(input);
  for (std::size_t i = 0; i < widths.size(); ++i) {
    convolution(graph, static_cast<int>(i) + 1, widths[i], 3, 1);
    put<layers::MaxPool2d>(graph, fmt::format("pool{}", i + 1), {.window = 2, .stride = 2});
  }
  pooling.put_head(graph, classes);
  return graph;
}

}  // namespace

std::vector<models::Model> models() {
  return {
      {"resnet", "pre-activation residual net, 6 blocks + 2 layers", residual_net},
      {"all_cnn_norm", "ALL-CNN-C with batch norm", all_convolutional_net},
      {"canvas_net", "three convolutions for an object on a large canvas", canvas_net},
  };
}

}  // namespace reprise::experiments::logavgexp
