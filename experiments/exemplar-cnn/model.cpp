// The nets of Dosovitskiy et al. 2016, named by their layers: Nc5 is a 5x5 convolution of N filters, Nf a dense layer of N units.
//
//                                                             of 32 pixels
//   conv1    5x5, padding 2; ReLU; max pooling 3x3, stride 2       32, 16
//   conv2    5x5, padding 2; ReLU; max pooling 3x3, stride 2       16, 8
//   conv3    5x5, padding 2; ReLU                                  8          not in 64c5-64c5-128f
//   fc       ReLU; dropout 0.5
//   logits   one for each surrogate class
//
// The text says that pooling is 2x2, the authors' nets have 3x3, rounded up; both make the same maps.

#include <fmt/format.h>

#include "suite/layers/conv2d.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::exemplar_cnn {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using recipes::Options;
using Start = layers::Initialisation::Kind;

constexpr std::size_t kPooled = 2;  // convolutions that pooling follows
constexpr double kBiasStart = 0.1;

/// Standard deviations of the published start, and biases of 0.1 but for the logits; or He et al. 2015 with none.
struct Starts {
  explicit Starts(const Options& options, std::size_t convolutions)
      : as_published(choice(options, "start", "published", {"published", "he"}) == "published"),
        convolution(options.get_doubles("convolution_deviations", {0.05, 0.02, 0.01})),
        dense(options.get_double("dense_deviation", 0.01)),
        logits(options.get_double("logits_deviation", 0.005)) {
    convolution.resize(convolutions, convolution.empty() ? 0.01 : convolution.back());
  }
  Start kind() const { return as_published ? Start::normal : Start::he_normal; }
  double gain(double deviation) const { return as_published ? deviation : 1; }
  double bias() const { return as_published ? kBiasStart : 0; }

  bool as_published;
  std::vector<double> convolution;
  double dense, logits;
};

Graph net(const Options& options, const SampleShape& input, int classes) {
  const std::vector<std::int64_t> widths = widths_of(options, "widths", {64, 128, 256});
  const std::int64_t features = count_of(options, "features", 512, 1);
  const double keep = options.get_double("keep", 0.5);
  const Starts starts(options, widths.size());
  Graph graph(input);
  for (std::size_t k = 0; k < widths.size(); ++k) {
    const std::string name = fmt::format("conv{}", k + 1);
    put<layers::Conv2d>(graph, name,
                        {.filters = widths[k],
                         .filter_size = 5,
                         .padding = 2,
                         .initialisation = starts.kind(),
                         .gain = starts.gain(starts.convolution[k]),
                         .bias_start = starts.bias()});
    put<layers::Relu>(graph, name + ".relu");
    if (k < kPooled) put<layers::MaxPool2d>(graph, fmt::format("pool{}", k + 1), {.window = 3, .stride = 2, .ceil = true});
  }
  put<layers::Dense>(
      graph, "fc", {.features = features, .initialisation = starts.kind(), .gain = starts.gain(starts.dense), .bias_start = starts.bias()});
  put<layers::Relu>(graph, "fc.relu");
  put_dropout(graph, "fc.dropout", keep, layers::DropoutForm::inverted);
  put_classifier(graph, classes, {.initialisation = starts.kind(), .gain = starts.gain(starts.logits)});
  return graph;
}

}  // namespace

std::vector<Model> models() {
  return {{"net", "two or three 5x5 convolutions, a dense layer, a logit for each surrogate class", net}};
}

}  // namespace reprise::experiments::exemplar_cnn
