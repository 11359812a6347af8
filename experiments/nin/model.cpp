// Network in network (Lin et al. 2014, arXiv 1312.4400) and the conventional net that it is compared with.
//
//   mlp_conv                                     32x32        28x28
//   block 1   mlpconv 5x5, 192, 160, 96          32x32x96     28x28x48   (MNIST: 96, 64, 48)
//             max pooling 3x3, stride 2, rounded up; dropout
//   block 2   mlpconv 5x5, 192, 192, 192         16x16x192    14x14x48   (128, 96, 48)
//             max pooling 3x3, stride 2, rounded up; dropout
//   block 3   mlpconv 3x3, 192, 192, classes     8x8          7x7        (5x5, 128, 96)
//   head      average over all positions; or dense layer on all maps, with or without dropout in front of it
//
//   conventional (section 4.6)
//   5x5 c1, pool; 5x5 c2, pool; 5x5 c3; 3x3 locally connected, as many maps as classes for the average and 16 for the dense layer

#include <fmt/format.h>

#include "suite/errors.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/locally_connected2d.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::nin {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using recipes::Options;

constexpr std::size_t kBlocks = 3, kConvolutionsOfBlock = 3;

/// The head of either net, on maps.
struct Head {
  Head(const Options& options, const char* fallback)
      : averages(choice(options, "head", fallback, {"average", "dense"}) == "average"),
        keep(options.get_double("head_keep", 1.0)),
        class_relu(options.get_bool("class_relu", true)) {
    if (averages && keep != 1)
      throw InputError(Complaint{"option 'head_keep'", "1 under head \"average\", which has no weights", fmt::format("{}", keep),
                                 "Remove it, or choose head = \"dense\""});
  }

  void put(Graph& graph, int classes, layers::DropoutForm form) const {
    if (averages) return put_class_maps_head(graph);
    put_dropout(graph, "head.dropout", keep, form);
    put_classifier(graph, classes);
  }

  bool averages;
  double keep;
  bool class_relu;
};

/// Standard deviations of the normal starts, one for each convolution: option "deviations", one number for all or a list; none: He et al.
std::vector<double> starts(const Options& options) {
  std::vector<double> deviations = options.get_doubles("deviations", {});
  if (deviations.size() == 1) deviations.assign(kBlocks * kConvolutionsOfBlock, deviations[0]);
  if (!deviations.empty() && deviations.size() != kBlocks * kConvolutionsOfBlock)
    throw InputError(Complaint{"option 'deviations'", fmt::format("one number, or {}", kBlocks * kConvolutionsOfBlock),
                               fmt::format("{}", deviations.size()), "Correct the list"});
  return deviations;
}

void pool(Graph& graph, std::size_t number, double keep, layers::DropoutForm form) {
  put<layers::MaxPool2d>(graph, fmt::format("pool{}", number), {.window = 3, .stride = 2, .ceil = true});
  put_dropout(graph, fmt::format("dropout{}", number), keep, form);
}

Graph mlp_conv(const Options& options, const SampleShape& input, int classes) {
  std::vector<std::int64_t> widths = widths_of(options, "widths", {192, 160, 96, 192, 192, 192, 192, 192}, 8);
  const std::vector<std::int64_t> filter_sizes = widths_of(options, "filter_sizes", {5, 5, 3}, kBlocks);
  const std::vector<double> deviations = starts(options);
  const double keep = options.get_double("keep", 0.5);
  const auto form = dropout_form(options, "inverted");
  const Head head(options, "average");
  widths.push_back(classes);

  Graph graph(input);
  for (std::size_t k = 0; k < kBlocks; ++k) {
    const auto first = static_cast<std::ptrdiff_t>(k * kConvolutionsOfBlock),
               last = first + static_cast<std::ptrdiff_t>(kConvolutionsOfBlock);
    MlpConvBlock block{.widths = {widths.begin() + first, widths.begin() + last}, .filter_size = filter_sizes[k]};
    if (!deviations.empty()) block.deviations.assign(deviations.begin() + first, deviations.begin() + last);
    block.last_relu = k + 1 < kBlocks || head.class_relu;
    block.put(graph, static_cast<std::int64_t>(k + 1));
    if (k + 1 < kBlocks) pool(graph, k + 1, keep, form);
  }
  head.put(graph, classes, form);
  return graph;
}

Graph conventional(const Options& options, const SampleShape& input, int classes) {
  const auto widths = widths_of(options, "widths", {32, 32, 64}, 3);
  const auto maps = count_of(options, "maps", 16, 1);
  const auto form = dropout_form(options, "inverted");
  const Head head(options, "dense");

  Graph graph(input);
  for (std::size_t k = 0; k < widths.size(); ++k) {
    const std::string number = fmt::format("{}", k + 1);
    put<layers::Conv2d>(graph, "conv" + number, {.filters = widths[k], .filter_size = 5, .padding = 2});
    put<layers::Relu>(graph, "relu" + number);
    if (k + 1 < widths.size()) pool(graph, k + 1, 1.0, form);
  }
  put<layers::LocallyConnected2d>(graph, "local", {.filters = head.averages ? classes : maps, .filter_size = 3, .padding = 1});
  if (!head.averages || head.class_relu) put<layers::Relu>(graph, "local.relu");
  head.put(graph, classes, form);
  return graph;
}

}  // namespace

std::vector<models::Model> models() {
  return {{"mlp_conv", "three mlpconv blocks; head average or dense (Figure 2, Table 5)", mlp_conv},
          {"conventional", "three convolutions and a locally connected layer; head average or dense (section 4.6)", conventional}};
}

}  // namespace reprise::experiments::nin
