// Nets of Srivastava et al. 2014. `keep` is the probability of KEEPING a unit, as everywhere in the paper.

#include <fmt/format.h>

#include "suite/errors.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/kl_sparsity.hpp"
#include "suite/layers/logistic.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "suite/layers/tanh.hpp"
#include "suite/losses/catalog.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::dropout {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using layers::Initialisation;
using recipes::Options;

void put_activation(Graph& graph, const std::string& activation, const std::string& number) {
  if (activation == "relu") put<layers::Relu>(graph, "relu" + number);
  if (activation == "logistic") put<layers::Logistic>(graph, "logistic" + number);
  if (activation == "tanh") put<layers::Tanh>(graph, "tanh" + number);
}

/// How weights start. The paper is silent; the first author's code scales by 1 / sqrt(fan_in), biases 0.
struct Start {
  Initialisation::Kind kind;
  double gain;

  explicit Start(const Options& options)
      : kind(layers::initialisation_kind(options.get_string("initialisation", "fan_in_normal"))), gain(options.get_double("gain", 1)) {}
};

/// input -> dropout(input_keep) -> [dense -> activation -> (KL sparsity) -> dropout(hidden_keep)] for each hidden layer -> logits.
Graph multilayer_perceptron(const Options& options, const SampleShape& input, int classes) {
  const auto hidden = widths_of(options, "hidden", {1024, 1024, 1024});
  const std::string activation = choice(options, "activation", "relu", {"relu", "logistic", "tanh"});
  const double input_keep = options.get_double("input_keep", 1);
  const double hidden_keep = options.get_double("hidden_keep", 1);
  const auto form = dropout_form(options, "non_inverted");
  const double kl_weight = options.get_double("kl_weight", 0);
  const double kl_target = options.get_double("kl_target", 0.05);
  const Start start(options);

  Graph graph(input);
  put_dropout(graph, "input_dropout", input_keep, form);
  for (std::size_t layer = 0; layer < hidden.size(); ++layer) {
    const std::string number = fmt::format("{}", layer + 1);
    put<layers::Dense>(graph, "dense" + number, {.features = hidden[layer], .initialisation = start.kind, .gain = start.gain});
    put_activation(graph, activation, number);
    if (kl_weight > 0) put<layers::KlSparsity>(graph, "sparsity" + number, {.target = kl_target, .weight = kl_weight});
    put_dropout(graph, "dropout" + number, hidden_keep, form);
  }
  put_classifier(graph, classes, {.initialisation = start.kind, .gain = start.gain});
  return graph;
}

/// Figures 7 and 8: input -> dense -> ReLU ("hidden") -> dropout -> dense; logistic output against the input.
Graph autoencoder(const Options& options, const SampleShape& input, int) {
  const std::int64_t hidden = count_of(options, "hidden", 256, 1);
  const double hidden_keep = options.get_double("hidden_keep", 1);
  const auto form = dropout_form(options, "non_inverted");
  const Start start(options);

  Graph graph(input);
  put<layers::Dense>(graph, "encoder", {.features = hidden, .initialisation = start.kind, .gain = start.gain});
  put<layers::Relu>(graph, "hidden");
  put_dropout(graph, "dropout", hidden_keep, form);
  put<layers::Dense>(graph, "decoder", {.features = input.size(), .initialisation = start.kind, .gain = start.gain});
  graph.add_head({.node = graph.last(), .loss = losses::make_loss("logistic_cross_entropy"), .target = losses::Target::input});
  return graph;
}

/// Appendix B: three times 5x5 convolution, ReLU, 3x3 max pooling with stride 2; then fully connected layers.
/// `keep` has one number for the input, each convolution and each fully connected layer.
Graph convnet(const Options& options, const SampleShape& input, int classes) {
  const auto maps = widths_of(options, "maps", {96, 128, 256}, 3);
  const auto features = widths_of(options, "features", {2048, 2048}, 2);
  const auto keep = options.get_doubles("keep", {1, 1, 1, 1, 1, 1});
  const bool ceil = options.get_bool("ceil", true);  // 32-16-8-4, the rule of cuda-convnet; unstated in the paper
  const auto form = dropout_form(options, "non_inverted");
  const auto kind = layers::initialisation_kind(options.get_string("initialisation", "he_normal"));
  const std::size_t places = 1 + maps.size() + features.size();
  if (keep.size() != places) {
    throw InputError(Complaint{"option 'keep'", fmt::format("{} numbers: input, convolutions, fully connected layers", places),
                               fmt::format("{}", keep.size()), "Correct the list"});
  }

  Graph graph(input);
  put_dropout(graph, "input_dropout", keep[0], form);
  for (std::size_t i = 0; i < maps.size(); ++i) {
    const std::string number = fmt::format("{}", i + 1);
    put<layers::Conv2d>(graph, "conv" + number, {.filters = maps[i], .filter_size = 5, .padding = 2, .initialisation = kind});
    put<layers::Relu>(graph, "relu" + number);
    put<layers::MaxPool2d>(graph, "pool" + number, {.window = 3, .stride = 2, .ceil = ceil});
    put_dropout(graph, "dropout" + number, keep[1 + i], form);
  }
  for (std::size_t i = 0; i < features.size(); ++i) {
    const std::string number = fmt::format("{}", maps.size() + i + 1);
    put<layers::Dense>(graph, "dense" + number, {.features = features[i], .initialisation = kind});
    put<layers::Relu>(graph, "relu" + number);
    put_dropout(graph, "dropout" + number, keep[1 + maps.size() + i], form);
  }
  put_classifier(graph, classes, {.initialisation = kind});
  return graph;
}

}  // namespace

std::vector<models::Model> models() {
  return {
      {"mlp", "fully connected net with dropout on input and hidden layers (Tables 2, 9, 10; Figures 4, 9, 10)", multilayer_perceptron},
      {"autoencoder", "one hidden layer of ReLU units, logistic output (Figures 7, 8)", autoencoder},
      {"convnet", "three 5x5 convolutions with max pooling, two fully connected layers (Table 4, appendix B)", convnet},
  };
}

}  // namespace reprise::experiments::dropout
