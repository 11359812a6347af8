// GoogLeNet (Szegedy et al. 2014, arXiv 1409.4842), table 1. An inception module looks at its input through filters of several sizes at
// once and joins what they find.
//
//   112x112  7x7 convolution, 64, stride 2; 3x3 maximum, stride 2; response norm
//    56x56   1x1 convolution, 64; 3x3 convolution, 192; response norm; 3x3 maximum, stride 2
//    28x28   inception 3a, 3b; 3x3 maximum, stride 2
//    14x14   inception 4a to 4e; 3x3 maximum, stride 2
//     7x7    inception 5a, 5b; average; dropout 40 %; dense layer
//
//   module        1x1 a | 1x1 r3, 3x3 b | 1x1 r5, 5x5 c | 3x3 maximum, 1x1 p
//   naive module  1x1 a | 3x3 b         | 5x5 c         | 3x3 maximum
//
// Every convolution has a bias and ReLU. Heads on 4a and 4d, in training only: 5x5 average of stride 3, 1x1 convolution of 128, dense layer
// of 1024, dropout 70 %, dense layer.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "suite/layers/average_pool2d.hpp"
#include "suite/layers/concat.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/flatten.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/local_response_norm.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "suite/losses/catalog.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::googlenet {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using graph::NodeId;
using layers::Initialisation;
using recipes::Options;

struct Module {
  const char* name;
  std::int64_t a, r3, b, r5, c, p;
};

constexpr std::array<Module, 9> kModules{{{"3a", 64, 96, 128, 16, 32, 32},
                                          {"3b", 128, 128, 192, 32, 96, 64},
                                          {"4a", 192, 96, 208, 16, 48, 64},
                                          {"4b", 160, 112, 224, 24, 64, 64},
                                          {"4c", 128, 128, 256, 24, 64, 64},
                                          {"4d", 112, 144, 288, 32, 64, 64},
                                          {"4e", 256, 160, 320, 32, 128, 128},
                                          {"5a", 256, 160, 320, 32, 128, 128},
                                          {"5b", 384, 192, 384, 48, 128, 128}}};

/// Options: width times every number of filters and dense units but the classes; module, reduced or naive; heads, auxiliary ones on 4a and
/// 4d, with weight head_weight; end, average or dense (a layer of 1024 on all positions); keep of the dropout in front of the classifier;
/// first_pool, the maximum behind the first convolution, which small images do without; stem, photograph or small (one 3x3 convolution of
/// 192, for images of 32 pixels); start, xavier or he.
class Net {
 public:
  Net(const Options& options, const SampleShape& input)
      : graph_(input),
        width_(options.get_double("width", 1)),
        naive_(choice(options, "module", "reduced", {"reduced", "naive"}) == "naive"),
        keep_(options.get_double("keep", 0.6)),
        ends_dense_(choice(options, "end", "average", {"average", "dense"}) == "dense"),
        start_(choice(options, "start", "xavier", {"xavier", "he"}) == "he" ? Initialisation::Kind::he_normal
                                                                            : Initialisation::Kind::xavier_uniform) {}

  Graph& graph() { return graph_; }

  void put_convolution(const std::string& name, std::int64_t filters, std::int64_t filter_size, std::int64_t stride = 1) {
    put<layers::Conv2d>(
        graph_, name,
        {.filters = scaled(filters), .filter_size = filter_size, .stride = stride, .padding = filter_size / 2, .initialisation = start_});
    put<layers::Relu>(graph_, name + ".relu");
  }

  void put_maximum(const std::string& name) { put<layers::MaxPool2d>(graph_, name, {.window = 3, .stride = 2, .ceil = true}); }
  void put_norm(const std::string& name) { put<layers::LocalResponseNorm>(graph_, name, {.k = 1, .divided = true}); }

  void put_module(const Module& module) {
    const std::string name = module.name;
    const NodeId input = graph_.last();
    std::vector<NodeId> branches;
    put_branch(input, name + ".1x1", 0, module.a, 1, branches);
    put_branch(input, name + ".3x3", module.r3, module.b, 3, branches);
    put_branch(input, name + ".5x5", module.r5, module.c, 5, branches);
    graph_.add(name + ".pool", std::make_shared<layers::MaxPool2d>(layers::MaxPool2d::Options{.window = 3, .stride = 1, .padding = 1}),
               {input});
    if (!naive_) put_convolution(name + ".pool.projection", module.p, 1);
    branches.push_back(graph_.last());
    graph_.add(name, std::make_shared<layers::Concat>(), branches);
  }

  void put_modules(std::size_t first, std::size_t last) {
    for (std::size_t m = first; m <= last; ++m) put_module(kModules[m]);
  }

  void put_end(int classes) {
    if (ends_dense_) {
      put<layers::Flatten>(graph_, "flatten");
      put<layers::Dense>(graph_, "dense", {.features = scaled(1024), .initialisation = start_});
      put<layers::Relu>(graph_, "dense.relu");
    } else {
      put<layers::GlobalAveragePool>(graph_, "average");
    }
    put_dropout(graph_, "dropout", keep_, layers::DropoutForm::inverted);
    put_classifier(graph_, classes, {.initialisation = start_});
  }

  void put_head(const std::string& name, const std::string& node, double weight, int classes) {
    graph_.add(name + ".pool", std::make_shared<layers::AveragePool2d>(layers::AveragePool2d::Options{.window = 5, .stride = 3}),
               {graph_.find(node)});
    put_convolution(name + ".conv", 128, 1);
    put<layers::Flatten>(graph_, name + ".flatten");
    put<layers::Dense>(graph_, name + ".dense", {.features = scaled(1024), .initialisation = start_});
    put<layers::Relu>(graph_, name + ".relu");
    put_dropout(graph_, name + ".dropout", 0.3, layers::DropoutForm::inverted);
    put<layers::Dense>(graph_, name, {.features = classes, .initialisation = start_});
    graph_.add_head({.name = name, .node = graph_.last(), .loss = losses::make_loss("softmax_cross_entropy"), .weight = {.value = weight}});
  }

 private:
  std::int64_t scaled(std::int64_t filters) const { return std::max<std::int64_t>(1, std::llround(width_ * static_cast<double>(filters))); }

  void put_branch(NodeId input, const std::string& name, std::int64_t reduced, std::int64_t filters, std::int64_t filter_size,
                  std::vector<NodeId>& branches) {
    const bool reduces = reduced > 0 && !naive_;
    const std::string first = reduces ? name + ".reduction" : name;
    graph_.add(first,
               std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = scaled(reduces ? reduced : filters),
                                                                        .filter_size = reduces ? 1 : filter_size,
                                                                        .padding = reduces ? 0 : filter_size / 2,
                                                                        .initialisation = start_}),
               {input});
    put<layers::Relu>(graph_, first + ".relu");
    if (reduces) put_convolution(name, filters, filter_size);
    branches.push_back(graph_.last());
  }

  Graph graph_;
  double width_;
  bool naive_;
  double keep_;
  bool ends_dense_;
  Initialisation::Kind start_;
};

Graph google_net(const Options& options, const SampleShape& input, int classes) {
  Net net(options, input);
  const bool heads = options.get_bool("heads", true);
  const double head_weight = options.get_double("head_weight", 0.3);
  const bool first_pool = options.get_bool("first_pool", true);
  if (choice(options, "stem", "photograph", {"photograph", "small"}) == "small") {
    net.put_convolution("conv1", 192, 3);
    if (first_pool) net.put_maximum("pool1");
  } else {
    net.put_convolution("conv1", 64, 7, 2);
    if (first_pool) net.put_maximum("pool1");
    net.put_norm("norm1");
    net.put_convolution("conv2.reduction", 64, 1);
    net.put_convolution("conv2", 192, 3);
    net.put_norm("norm2");
    net.put_maximum("pool2");
  }
  net.put_modules(0, 1);
  net.put_maximum("pool3");
  net.put_modules(2, 6);
  net.put_maximum("pool4");
  net.put_modules(7, 8);
  net.put_end(classes);
  if (heads) {
    net.put_head("head1", "4a", head_weight, classes);
    net.put_head("head2", "4d", head_weight, classes);
  }
  return std::move(net.graph());
}

}  // namespace

std::vector<models::Model> models() {
  return {{"googlenet", "nine inception modules, auxiliary heads, an average in place of dense layers", google_net}};
}

}  // namespace reprise::experiments::googlenet
