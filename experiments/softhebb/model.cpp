// Nets of Journé et al. 2023, as the presets of the official code have them.
//
//   block       batch norm without gamma and beta -> convolution without bias, reflect padding -> activation -> pooling
//   classifier  features -> dropout -> dense
//
// soft_hebb: plastic convolutions and the Triangle activation.   backprop: convolutions and ReLU, trained from labels.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>

#include "suite/errors.hpp"
#include "suite/layers/average_pool2d.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/flatten.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "suite/layers/soft_hebb_conv2d.hpp"
#include "suite/layers/softmax.hpp"
#include "suite/layers/triangle.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::softhebb {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using recipes::Options;

/// A list with one entry a layer; a single entry stands for all.
template <typename Value>
std::vector<Value> for_layers(const std::string& key, std::vector<Value> values, std::size_t layers) {
  if (values.size() == 1) values.resize(layers, values.front());
  if (values.size() >= layers) return values;
  throw InputError(Complaint{fmt::format("option '{}'", key), fmt::format("{} entries, one a layer", layers),
                             fmt::format("{}", values.size()), "Correct the list"});
}

/// "max_4_2_1": kind, window, stride, padding. Averages count the padding, as the framework of the official code does.
void put_pool(Graph& graph, const std::string& name, const std::string& text) {
  char kind[4] = {};
  int window = 0, stride = 0, padding = 0;
  const bool reads = std::sscanf(text.c_str(), "%3[a-z]_%d_%d_%d", kind, &window, &stride, &padding) == 4;
  if (reads && std::string(kind) == "max")
    put<layers::MaxPool2d>(graph, name, {.window = window, .stride = stride, .padding = padding});
  else if (reads && std::string(kind) == "avg")
    put<layers::AveragePool2d>(graph, name, {.window = window, .stride = stride, .padding = padding, .counts_padding = true});
  else
    throw InputError(Complaint{"option 'pools'", "max_WINDOW_STRIDE_PADDING or avg_WINDOW_STRIDE_PADDING", fmt::format("'{}'", text),
                               "Correct the list"});
}

/// What the convolutional nets share: widths, filters and pooling of each layer.
struct Blocks {
  std::vector<std::int64_t> widths, kernels, paddings;
  std::vector<std::string> pools;

  explicit Blocks(const Options& options)
      : widths(widths_of(options, "widths", {96, 384, 1536})),
        kernels(for_layers("kernels", options.get_ints("kernels", {5, 3, 3, 3, 3}), layers())),
        pools(for_layers("pools", options.get_strings("pools", {"max_4_2_1"}), layers())) {
    std::vector<std::int64_t> same;
    for (const std::int64_t kernel : kernels) same.push_back(kernel / 2);
    paddings = for_layers("paddings", options.get_ints("paddings", same), layers());
  }
  std::size_t layers() const { return widths.size(); }
};

void put_norm(Graph& graph, std::size_t layer) {
  put<layers::BatchNorm>(graph, fmt::format("norm{}", layer + 1), {.affine = false});
}

void put_feature_classifier(Graph& graph, const Options& options, int classes, double keep_fallback) {
  put<layers::Flatten>(graph, "features");
  put_dropout(graph, "dropout", options.get_double("keep", keep_fallback), layers::DropoutForm::inverted);
  put_classifier(graph, classes, {.initialisation = layers::Initialisation::Kind::fan_in_uniform});
}

/// How the filters of a net learn; rule "random" leaves them as they were drawn.
struct Rule {
  std::string rule;
  std::vector<double> temperatures, rates;
  std::vector<std::int64_t> triangle_first;  ///< layers, counted from 1
  double exponent, radius;
  bool losers_unlearn, falling_rates;

  Rule(const Options& options, std::size_t layers)
      : rule(choice(options, "rule", "soft", {"soft", "hard", "random"})),
        temperatures(for_layers("temperatures", options.get_doubles("temperatures", {1}), layers)),
        rates(for_layers("rates", options.get_doubles("rates", {0.01}), layers)),
        triangle_first(options.get_ints("triangle_first", {})),
        exponent(options.get_double("exponent", 0.5)),
        radius(options.get_double("radius", 25)),
        losers_unlearn(options.get_bool("losers_unlearn", true)),
        falling_rates(options.get_bool("falling_rates", false)) {}

  layers::SoftHebbConv2d::Options at(std::size_t layer) const {
    layers::SoftHebbConv2d::Options o;
    o.competition = {static_cast<float>(temperatures[layer]), rule != "hard", losers_unlearn};
    o.triangle_first =
        std::find(triangle_first.begin(), triangle_first.end(), static_cast<std::int64_t>(layer) + 1) != triangle_first.end();
    o.radius = radius;
    o.plasticity = {.rate = rule == "random" ? 0.0 : rates[layer], .rate_exponent = exponent, .falls = falling_rates};
    return o;
  }
};

Graph soft_hebb_net(const Options& options, const SampleShape& input, int classes) {
  const Blocks blocks(options);
  const Rule rule(options, blocks.layers());
  const auto powers = for_layers("powers", options.get_doubles("powers", {1}), blocks.layers());
  Graph graph(input);
  for (std::size_t i = 0; i < blocks.layers(); ++i) {
    put_norm(graph, i);
    auto layer = rule.at(i);
    layer.filters = blocks.widths[i], layer.filter_size = blocks.kernels[i], layer.padding = blocks.paddings[i];
    put<layers::SoftHebbConv2d>(graph, fmt::format("conv{}", i + 1), layer);
    put<layers::Triangle>(graph, fmt::format("triangle{}", i + 1), {.power = powers[i]});
    put_pool(graph, fmt::format("pool{}", i + 1), blocks.pools[i]);
  }
  put_feature_classifier(graph, options, classes, 0.5);
  return graph;
}

/// 784 -> 2000 plastic neurons -> softmax of gain 5 -> dense. No batch norm; weights start positive.
Graph soft_hebb_mlp(const Options& options, const SampleShape& input, int classes) {
  const Rule rule(options, 1);
  Graph graph(input);
  put<layers::Flatten>(graph, "pixels");
  auto layer = rule.at(0);
  layer.filters = count_of(options, "neurons", 2000, 1), layer.filter_size = 1, layer.positive_start = true;
  put<layers::SoftHebbConv2d>(graph, "hidden", layer);
  put<layers::Softmax>(graph, "softmax", {.gain = options.get_double("gain", 5)});
  put_feature_classifier(graph, options, classes, 1);
  return graph;
}

Graph backprop_net(const Options& options, const SampleShape& input, int classes) {
  const Blocks blocks(options);
  const auto groups = for_layers("groups", options.get_ints("groups", {1}), blocks.layers());
  Graph graph(input);
  for (std::size_t i = 0; i < blocks.layers(); ++i) {
    put_norm(graph, i);
    put<layers::Conv2d>(graph, fmt::format("conv{}", i + 1),
                        {.filters = blocks.widths[i],
                         .filter_size = blocks.kernels[i],
                         .padding = blocks.paddings[i],
                         .padding_mode = layers::PaddingMode::reflect,
                         .groups = groups[i],
                         .bias = false,
                         .initialisation = layers::Initialisation::Kind::fan_in_uniform});
    put<layers::Relu>(graph, fmt::format("relu{}", i + 1));
    put_pool(graph, fmt::format("pool{}", i + 1), blocks.pools[i]);
  }
  put_feature_classifier(graph, options, classes, 0.5);
  return graph;
}

}  // namespace

std::vector<models::Model> models() {
  return {
      {"soft_hebb", "plastic convolutions with Triangle activations, dense classifier", soft_hebb_net},
      {"soft_hebb_mlp", "one plastic dense layer with a softmax, dense classifier", soft_hebb_mlp},
      {"backprop", "the same widths with ReLU, trained from labels", backprop_net},
  };
}

}  // namespace reprise::experiments::softhebb
