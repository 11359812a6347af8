// The net of Krizhevsky et al. 2012 and its nets for CIFAR-10.
//
//   columns                                                            of 224 pixels    filters see
//   conv1    11x11, stride 4, 96; ReLU; norm; max pooling 3x3, stride 2    55, 27       everything
//   conv2    5x5, 256; ReLU; norm; max pooling 3x3, stride 2               27, 13       their column
//   conv3    3x3, 384; ReLU                                                13           everything
//   conv4    3x3, 384; ReLU                                                13           their column
//   conv5    3x3, 256; ReLU; max pooling 3x3, stride 2                     13, 6        their column
//   dense6   4096; ReLU; dropout
//   dense7   4096; ReLU; dropout
//   logits
//
//   four_layers (24 pixels)   conv1 5x5, 64; ReLU; pool; norm    conv2 5x5, 64; ReLU; norm; pool    local3 3x3, 64; ReLU
//                             local4 3x3, 32; ReLU    logits

#include <fmt/format.h>

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/local_response_norm.hpp"
#include "suite/layers/locally_connected2d.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "suite/layers/tanh.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::alexnet {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using recipes::Options;
using Start = layers::Initialisation::Kind;

constexpr std::size_t kConvolutions = 5;

/// 3x3, or for comparison 2x2, with stride 2.
std::int64_t pool_window(const Options& options) {
  const std::int64_t window = count_of(options, "pool_window", 3, 2);
  if (window > 3) throw InputError(Complaint{"option 'pool_window'", "2 or 3", fmt::format("{}", window), "Correct it"});
  return window;
}

/// Two columns that only meet in conv3 and in the dense layers.
class Columns {
 public:
  explicit Columns(const Options& options)
      : widths_(widths_of(options, "widths", {96, 256, 384, 384, 256}, kConvolutions)),
        features_(count_of(options, "features", 4096, 1)),
        columns_(count_of(options, "columns", 2, 1)),
        linked_(options.get_bool("linked", true)),
        norm_(options.get_bool("norm", true)),
        keep_(options.get_double("keep", 0.5)),
        form_(dropout_form(options, "non_inverted")),
        window_(pool_window(options)),
        without_(count_of(options, "without", 0, 0)),
        as_published_(choice(options, "start", "published", {"published", "he"}) == "published") {
    if (without_ != 0 && (without_ < 3 || without_ > 5))
      throw InputError(
          Complaint{"option 'without'", "0 (none), 3, 4 or 5: a convolution in the middle", fmt::format("{}", without_), "Correct it"});
  }

  Graph build(const SampleShape& input, int classes) const {
    Graph graph(input);
    for (std::size_t k = 1; k <= kConvolutions; ++k) {
      if (static_cast<std::int64_t>(k) != without_) put_convolution(graph, k);
      if (k <= 2 && norm_) put<layers::LocalResponseNorm>(graph, fmt::format("conv{}.norm", k), {.groups = columns_});
      if (k <= 2 || k == kConvolutions)
        put<layers::MaxPool2d>(graph, fmt::format("pool{}", k), {.window = static_cast<int>(window_), .stride = 2});
    }
    for (const int k : {6, 7}) {
      const std::string name = fmt::format("dense{}", k);
      put<layers::Dense>(graph, name,
                         {.features = features_, .initialisation = start(), .gain = gain(), .bias_start = as_published_ ? 1.0 : 0.0});
      put<layers::Relu>(graph, name + ".relu");
      put_dropout(graph, name + ".dropout", keep_, form_);
    }
    put_classifier(graph, classes, {.initialisation = start(), .gain = gain()});
    return graph;
  }

 private:
  void put_convolution(Graph& graph, std::size_t k) const {
    const bool sees_all = k == 1 || (k == 3 && linked_);
    const bool starts_at_one = as_published_ && (k == 2 || k == 4 || k == 5);
    const std::int64_t size = k == 1 ? 11 : k == 2 ? 5 : 3;
    const std::string name = fmt::format("conv{}", k);
    put<layers::Conv2d>(graph, name,
                        {.filters = widths_[k - 1],
                         .filter_size = size,
                         .stride = k == 1 ? 4 : 1,
                         .padding = k == 1 ? 0 : size / 2,
                         .groups = sees_all ? 1 : columns_,
                         .ceil = k == 1,
                         .initialisation = start(),
                         .gain = gain(),
                         .bias_start = starts_at_one ? 1.0 : 0.0});
    put<layers::Relu>(graph, name + ".relu");
  }

  Start start() const { return as_published_ ? Start::normal : Start::he_normal; }
  double gain() const { return as_published_ ? 0.01 : 1; }

  std::vector<std::int64_t> widths_;
  std::int64_t features_, columns_;
  bool linked_, norm_;
  double keep_;
  layers::DropoutForm form_;
  std::int64_t window_, without_;
  bool as_published_;
};

Graph columns(const Options& options, const SampleShape& input, int classes) {
  return Columns(options).build(input, classes);
}

/// Two convolutions and two locally connected layers.
class FourLayers {
 public:
  explicit FourLayers(const Options& options)
      : widths_(widths_of(options, "widths", {64, 64, 64, 32}, 4)),
        norm_(options.get_bool("norm", true)),
        window_(pool_window(options)),
        uses_tanh_(choice(options, "activation", "relu", {"relu", "tanh"}) == "tanh"),
        start_(choice(options, "start", "published", {"published", "he", "xavier"})) {}

  Graph build(const SampleShape& input, int classes) const {
    Graph graph(input);
    put<layers::Conv2d>(graph, "conv1",
                        {.filters = widths_[0], .filter_size = 5, .padding = 2, .initialisation = start(), .gain = gain(1e-4)});
    activate(graph, "conv1");
    pool(graph, "pool1");
    normalise(graph, "conv1");
    put<layers::Conv2d>(graph, "conv2",
                        {.filters = widths_[1], .filter_size = 5, .padding = 2, .initialisation = start(), .gain = gain(0.01)});
    activate(graph, "conv2");
    normalise(graph, "conv2");
    pool(graph, "pool2");
    for (const std::size_t k : {std::size_t{2}, std::size_t{3}}) {
      const std::string name = fmt::format("local{}", k + 1);
      put<layers::LocallyConnected2d>(
          graph, name, {.filters = widths_[k], .filter_size = 3, .padding = 1, .initialisation = start(), .gain = gain(0.04)});
      activate(graph, name);
    }
    put_classifier(graph, classes, {.initialisation = start(), .gain = gain(0.01)});
    return graph;
  }

 private:
  void activate(Graph& graph, const std::string& of) const {
    if (uses_tanh_)
      put<layers::Tanh>(graph, of + ".tanh");
    else
      put<layers::Relu>(graph, of + ".relu");
  }
  void normalise(Graph& graph, const std::string& of) const {
    if (norm_) put<layers::LocalResponseNorm>(graph, of + ".norm", {.window = 9, .k = 1, .alpha = 0.001, .divided = true});
  }
  void pool(Graph& graph, const std::string& name) const {
    put<layers::MaxPool2d>(graph, name, {.window = static_cast<int>(window_), .stride = 2, .ceil = true});
  }

  Start start() const { return start_ == "published" ? Start::normal : start_ == "he" ? Start::he_normal : Start::xavier_uniform; }
  double gain(double deviation) const { return start_ == "published" ? deviation : 1; }

  std::vector<std::int64_t> widths_;
  bool norm_;
  std::int64_t window_;
  bool uses_tanh_;
  std::string start_;
};

Graph four_layers(const Options& options, const SampleShape& input, int classes) {
  return FourLayers(options).build(input, classes);
}

}  // namespace

std::vector<models::Model> models() {
  return {
      {"columns", "five convolutions in two columns and three dense layers (Figure 2)", columns},
      {"four_layers", "two convolutions, two locally connected layers, for CIFAR-10 (section 3.3, released configuration)", four_layers}};
}

}  // namespace reprise::experiments::alexnet
