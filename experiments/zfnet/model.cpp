// The nets of Zeiler and Fergus 2014.
//
//            of 224 pixels                    zf                     replication            small (32 pixels)
//   conv1    96; ReLU; pool; norm             7x7, stride 2    110   11x11, stride 4   55   5x5, 32    32
//   conv2    256; ReLU; pool; norm            5x5, stride 2     26   5x5               27   5x5, 32    16
//   conv3    3x3, 384; ReLU                                     13                     13   48          8
//   conv4    3x3, 384; ReLU                                     13                     13   48          8
//   conv5    3x3, 256; ReLU; pool                               13                     13   48          8
//   dense6   4096; ReLU; dropout
//   dense7   4096; ReLU; dropout
//   logits
//
// Pools are 3x3 with stride 2. `replication` is the net of Krizhevsky et al. 2012 in one column, which Table 3 takes apart.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "suite/errors.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/local_response_norm.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::zfnet {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using recipes::Options;
using Start = layers::Initialisation::Kind;

constexpr std::size_t kConvolutions = 5;

/// How a convolution looks at its input.
struct Window {
  std::int64_t size = 3, stride = 1, padding = 1;
  bool ceil = false;
};

/// What sets the three nets apart.
struct Geometry {
  Window first, second;
  bool first_pools_ceil, last_pool_ceils;
  std::vector<std::int64_t> widths;
  std::int64_t features;
};

class Net {
 public:
  Net(const Geometry& geometry, const Options& options)
      : geometry_(geometry),
        widths_(widths_of(options, "widths", geometry.widths, kConvolutions)),
        features_(count_of(options, "features", geometry.features, 1)),
        without_(options.get_ints("without", {})),
        keep_(options.get_double("keep", 0.5)),
        form_(dropout_form(options, "non_inverted")),
        as_published_(choice(options, "start", "published", {"published", "he"}) == "published") {
    constexpr std::array<std::int64_t, 4> kRemovable{3, 4, 6, 7};
    for (const std::int64_t layer : without_)
      if (std::find(kRemovable.begin(), kRemovable.end(), layer) == kRemovable.end())
        throw InputError(Complaint{"option 'without'", "some of the layers 3, 4, 6 and 7", fmt::format("{}", layer), "Correct the list"});
  }

  Graph build(const SampleShape& input, int classes) const {
    Graph graph(input);
    for (std::size_t k = 1; k <= kConvolutions; ++k) {
      if (has(static_cast<std::int64_t>(k))) put_convolution(graph, k);
      if (k > 2 && k < kConvolutions) continue;
      put<layers::MaxPool2d>(graph, fmt::format("pool{}", k),
                             {.window = 3, .stride = 2, .ceil = k <= 2 ? geometry_.first_pools_ceil : geometry_.last_pool_ceils});
      if (k <= 2) put<layers::LocalResponseNorm>(graph, fmt::format("conv{}.norm", k), {});
    }
    for (const std::int64_t k : {6, 7}) {
      if (!has(k)) continue;
      const std::string name = fmt::format("dense{}", k);
      put<layers::Dense>(graph, name, {.features = features_, .initialisation = start(), .gain = gain()});
      put<layers::Relu>(graph, name + ".relu");
      put_dropout(graph, name + ".dropout", keep_, form_);
    }
    put_classifier(graph, classes, {.initialisation = start(), .gain = gain()});
    return graph;
  }

 private:
  bool has(std::int64_t layer) const { return std::find(without_.begin(), without_.end(), layer) == without_.end(); }

  void put_convolution(Graph& graph, std::size_t k) const {
    const Window window = k == 1 ? geometry_.first : k == 2 ? geometry_.second : Window{};
    const std::string name = fmt::format("conv{}", k);
    put<layers::Conv2d>(graph, name,
                        {.filters = widths_[k - 1],
                         .filter_size = window.size,
                         .stride = window.stride,
                         .padding = window.padding,
                         .ceil = window.ceil,
                         .initialisation = start(),
                         .gain = gain()});
    put<layers::Relu>(graph, name + ".relu");
  }

  Start start() const { return as_published_ ? Start::normal : Start::he_normal; }
  double gain() const { return as_published_ ? 0.01 : 1; }

  Geometry geometry_;
  std::vector<std::int64_t> widths_;
  std::int64_t features_;
  std::vector<std::int64_t> without_;
  double keep_;
  layers::DropoutForm form_;
  bool as_published_;
};

const std::vector<std::int64_t> kWidths{96, 256, 384, 384, 256};

Graph zf(const Options& options, const SampleShape& input, int classes) {
  const Geometry geometry{.first = {.size = 7, .stride = 2, .padding = 1},
                          .second = {.size = 5, .stride = 2, .padding = 0},
                          .first_pools_ceil = true,
                          .last_pool_ceils = false,
                          .widths = kWidths,
                          .features = 4096};
  return Net(geometry, options).build(input, classes);
}

Graph replication(const Options& options, const SampleShape& input, int classes) {
  const Geometry geometry{.first = {.size = 11, .stride = 4, .padding = 0, .ceil = true},
                          .second = {.size = 5, .stride = 1, .padding = 2},
                          .first_pools_ceil = false,
                          .last_pool_ceils = false,
                          .widths = kWidths,
                          .features = 4096};
  return Net(geometry, options).build(input, classes);
}

Graph small(const Options& options, const SampleShape& input, int classes) {
  const Geometry geometry{.first = {.size = 5, .stride = 1, .padding = 2},
                          .second = {.size = 5, .stride = 1, .padding = 2},
                          .first_pools_ceil = true,
                          .last_pool_ceils = true,
                          .widths = {32, 32, 48, 48, 48},
                          .features = 256};
  return Net(geometry, options).build(input, classes);
}

}  // namespace

std::vector<models::Model> models() {
  return {{"zf", "five convolutions, the first 7x7 with stride 2, and three dense layers (Figure 3)", zf},
          {"replication", "the net of Krizhevsky et al. 2012 in one column, the first convolution 11x11 with stride 4", replication},
          {"small", "five convolutions and three dense layers for images of 32 pixels; not in the paper", small}};
}

}  // namespace reprise::experiments::zfnet
