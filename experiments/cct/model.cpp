// Nets of Hassani et al. 2021 (arXiv 2104.05704), as in the authors' code. Token sequences are [N, T, 1, C] or the [N, H, W, C] they come
// from; every product with a weight is a 1x1 convolution.
//
//   size   2    4    6    7   12   14
//   layers 2    4    6    7   12   14
//   width  128  128  256  256 768  384
//   heads  2    2    4    4   12   6
//   hidden 128  128  512  512 3072 1152
//
//   vit_lite   patches PxP -> class token -> positions -> encoder -> norm -> first token -> logits
//   cvt        patches PxP ->                positions -> encoder -> norm -> sequence pooling -> logits
//   cct        C x [convolution, ReLU, max pooling 3x3 of stride 2] -> positions -> encoder -> norm -> sequence pooling -> logits
//
// An encoder layer reads x: u = x + attention(norm(x)), v = norm(u), output = v + W2 gelu(W1 v). The second sum starts from v, not from u.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "suite/errors.hpp"
#include "suite/layers/add.hpp"
#include "suite/layers/attention.hpp"
#include "suite/layers/class_token.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/drop_path.hpp"
#include "suite/layers/first_token.hpp"
#include "suite/layers/gelu.hpp"
#include "suite/layers/layer_norm.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/positions.hpp"
#include "suite/layers/relu.hpp"
#include "suite/layers/sequence_pool.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::cct {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using graph::NodeId;
using recipes::Options;

struct Size {
  std::int64_t layers, width, heads, hidden;
};

Size size_of(const Options& options) {
  static const std::map<std::int64_t, Size> kSizes{{2, {2, 128, 2, 128}}, {4, {4, 128, 2, 128}},     {6, {6, 256, 4, 512}},
                                                   {7, {7, 256, 4, 512}}, {12, {12, 768, 12, 3072}}, {14, {14, 384, 6, 1152}}};
  const std::int64_t size = options.get_int("size", 2);
  const auto found = kSizes.find(size);
  if (found == kSizes.end())
    throw InputError(Complaint{"option 'size'", "2, 4, 6, 7, 12 or 14", fmt::format("{}", size), "Use a size of the paper"});
  return found->second;
}

/// Options that all nets have: size; positions; attention_dropout and drop_path, probabilities of DROPPING as in the paper, the latter of
/// the last layer; matrices_alone: weight decay spares biases and norms.
class Net {
 public:
  Net(const Options& options, const SampleShape& input)
      : graph_(input),
        size_(size_of(options)),
        positions_(choice(options, "positions", "learned", {"learned", "sinusoidal", "none"})),
        attention_keep_(1 - options.get_double("attention_dropout", 0.1)),
        drop_path_(options.get_double("drop_path", 0.1)),
        all_decay_(!options.get_bool("matrices_alone", false)) {}

  const Size& size() const { return size_; }

  void put_convolution_stage(const std::string& name, std::int64_t filters, std::int64_t filter_size) {
    put<layers::Conv2d>(graph_, name,
                        {.filters = filters,
                         .filter_size = filter_size,
                         .stride = std::max<std::int64_t>(1, filter_size / 2 - 1),
                         .padding = std::max<std::int64_t>(1, filter_size / 2),
                         .bias = false});
    put<layers::Relu>(graph_, name + ".relu");
    put<layers::MaxPool2d>(graph_, name + ".pool", {.window = 3, .stride = 2, .padding = 1});
  }

  void put_patches(std::int64_t patch) {
    put<layers::Conv2d>(graph_, "patches", {.filters = size_.width, .filter_size = patch, .stride = patch, .bias_decays = all_decay_});
  }

  void put_class_token() { put<layers::ClassToken>(graph_, "class_token"); }

  void put_encoder() {
    if (positions_ != "none") put<layers::Positions>(graph_, "positions", {.learned = positions_ == "learned"});
    for (std::int64_t i = 0; i < size_.layers; ++i) {
      const double rate = size_.layers > 1 ? drop_path_ * static_cast<double>(i) / static_cast<double>(size_.layers - 1) : 0;
      put_encoder_layer(fmt::format("layer{}", i + 1), 1 - rate);
    }
    put<layers::LayerNorm>(graph_, "norm", {.decays = all_decay_});
  }

  void put_sequence_pool() { put<layers::SequencePool>(graph_, "pool", {.bias_decays = all_decay_}); }
  void put_first_token() { put<layers::FirstToken>(graph_, "pool"); }

  Graph with_classifier(int classes) {
    put_classifier(graph_, classes,
                   {.bias_decays = all_decay_, .initialisation = layers::Initialisation::Kind::normal, .gain = kDeviation});
    return std::move(graph_);
  }

 private:
  /// Of the weights of all dense layers. The code truncates at 2, a hundred deviations away.
  static constexpr double kDeviation = 0.02;

  /// A dense layer for each token.
  void put_product(const std::string& name, std::int64_t features, bool bias = true) {
    put<layers::Conv2d>(graph_, name,
                        {.filters = features,
                         .filter_size = 1,
                         .bias = bias,
                         .initialisation = layers::Initialisation::Kind::normal,
                         .gain = kDeviation,
                         .bias_decays = all_decay_});
  }

  /// The last node, dropped as a whole now and then, added to `shortcut`.
  NodeId put_sum(const std::string& name, NodeId shortcut, double keep) {
    if (keep < 1) put<layers::DropPath>(graph_, name + ".drop_path", {.keep = keep});
    return graph_.add(name + ".add", std::make_shared<layers::Add>(), {shortcut, graph_.last()});
  }

  void put_encoder_layer(const std::string& name, double keep) {
    const NodeId input = graph_.last();
    put<layers::LayerNorm>(graph_, name + ".norm1", {.decays = all_decay_});
    put_product(name + ".qkv", 3 * size_.width, false);
    put<layers::Attention>(graph_, name + ".attention", {.heads = size_.heads, .keep = attention_keep_});
    put_product(name + ".projection", size_.width);
    put_sum(name + ".attention", input, keep);
    const NodeId normed = put<layers::LayerNorm>(graph_, name + ".norm2", {.decays = all_decay_});
    put_product(name + ".mlp1", size_.hidden);
    put<layers::Gelu>(graph_, name + ".gelu");
    put_product(name + ".mlp2", size_.width);
    put_sum(name + ".mlp", normed, keep);
  }

  Graph graph_;
  Size size_;
  std::string positions_;
  double attention_keep_, drop_path_;
  bool all_decay_;
};

Graph vit_lite(const Options& options, const SampleShape& input, int classes) {
  Net net(options, input);
  net.put_patches(count_of(options, "patch", 4, 1));
  net.put_class_token();
  net.put_encoder();
  net.put_first_token();
  return net.with_classifier(classes);
}

Graph cvt(const Options& options, const SampleShape& input, int classes) {
  Net net(options, input);
  net.put_patches(count_of(options, "patch", 4, 1));
  net.put_encoder();
  net.put_sequence_pool();
  return net.with_classifier(classes);
}

/// Options besides: convolutions, each with filters of filter_size; all but the last have 64.
Graph compact_convolutional_transformer(const Options& options, const SampleShape& input, int classes) {
  Net net(options, input);
  const std::int64_t convolutions = count_of(options, "convolutions", 1, 1), filter_size = count_of(options, "filter_size", 3, 1);
  for (std::int64_t i = 1; i <= convolutions; ++i)
    net.put_convolution_stage(fmt::format("conv{}", i), i < convolutions ? 64 : net.size().width, filter_size);
  net.put_encoder();
  net.put_sequence_pool();
  return net.with_classifier(classes);
}

}  // namespace

std::vector<models::Model> models() {
  return {{"vit_lite", "transformer on patches, read at a class token", vit_lite},
          {"cvt", "transformer on patches, tokens pooled by learned attention", cvt},
          {"cct", "transformer on tokens of a few convolutions, pooled by learned attention", compact_convolutional_transformer}};
}

}  // namespace reprise::experiments::cct
