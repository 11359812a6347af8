// The nets of Simonyan & Zisserman 2015, Table 1, and the twin of B that section 4.1 compares it with.
//
//   block       1          2           3                  4                  5              (each ends in max pooling 2x2, stride 2)
//   A           3          3           3 3                3 3                3 3
//   A-LRN       3, norm    as A
//   B           3 3        3 3         3 3                3 3                3 3
//   C           3 3        3 3         3 3 1              3 3 1              3 3 1
//   D           3 3        3 3         3 3 3              3 3 3              3 3 3
//   E           3 3        3 3         3 3 3 3            3 3 3 3            3 3 3 3
//   B-5x5       5          5           5                  5                  5
//   channels    64         128         256                512                512
//   then        dense6 and dense7 of 4096 features, ReLU and dropout behind each; logits
//
// Convolutions, of the filter sizes shown, keep the size of their maps; ReLU follows each.

#include <fmt/format.h>

#include <array>

#include "suite/errors.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/local_response_norm.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::vgg {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using recipes::Options;
using Start = layers::Initialisation::Kind;

constexpr std::size_t kBlocks = 5;

struct Configuration {
  std::string name;
  std::array<std::vector<std::int64_t>, kBlocks> filter_sizes;  ///< of each block's convolutions
  bool norm = false;                                            ///< behind the first of them
};

const std::vector<Configuration>& configurations() {
  static const std::vector<Configuration> all{
      {"A", {{{3}, {3}, {3, 3}, {3, 3}, {3, 3}}}},
      {"A-LRN", {{{3}, {3}, {3, 3}, {3, 3}, {3, 3}}}, true},
      {"B", {{{3, 3}, {3, 3}, {3, 3}, {3, 3}, {3, 3}}}},
      {"C", {{{3, 3}, {3, 3}, {3, 3, 1}, {3, 3, 1}, {3, 3, 1}}}},
      {"D", {{{3, 3}, {3, 3}, {3, 3, 3}, {3, 3, 3}, {3, 3, 3}}}},
      {"E", {{{3, 3}, {3, 3}, {3, 3, 3, 3}, {3, 3, 3, 3}, {3, 3, 3, 3}}}},
      {"B-5x5", {{{5}, {5}, {5}, {5}, {5}}}},
  };
  return all;
}

const Configuration& configuration_of(const Options& options) {
  std::vector<std::string> names;
  for (const Configuration& configuration : configurations()) names.push_back(configuration.name);
  const std::string name = choice(options, "configuration", "D", names);
  for (const Configuration& configuration : configurations())
    if (configuration.name == name) return configuration;
  throw InputError(Complaint{"option 'configuration'", "a net of the paper", name, "Correct it"});
}

Graph vgg(const Options& options, const SampleShape& input, int classes) {
  const Configuration& configuration = configuration_of(options);
  const std::vector<std::int64_t> widths = widths_of(options, "widths", {64, 128, 256, 512, 512});
  const std::int64_t features = count_of(options, "features", 4096, 1);
  const double keep = options.get_double("keep", 0.5);
  const Start start = choice(options, "start", "glorot", {"glorot", "he"}) == "he" ? Start::he_normal : Start::xavier_uniform;
  if (widths.size() > kBlocks)
    throw InputError(
        Complaint{"option 'widths'", "one number a block, five at most", fmt::format("{}", widths.size()), "Shorten the list"});
  Graph graph(input);
  for (std::size_t b = 0; b < widths.size(); ++b) {
    const std::vector<std::int64_t>& sizes = configuration.filter_sizes[b];
    for (std::size_t k = 0; k < sizes.size(); ++k) {
      const std::string name = fmt::format("conv{}.{}", b + 1, k + 1);
      put<layers::Conv2d>(graph, name, {.filters = widths[b], .filter_size = sizes[k], .padding = sizes[k] / 2, .initialisation = start});
      put<layers::Relu>(graph, name + ".relu");
      if (configuration.norm && b == 0 && k == 0) put<layers::LocalResponseNorm>(graph, name + ".norm");
    }
    put<layers::MaxPool2d>(graph, fmt::format("pool{}", b + 1), {.window = 2, .stride = 2});
  }
  for (const int k : {6, 7}) {
    const std::string name = fmt::format("dense{}", k);
    put<layers::Dense>(graph, name, {.features = features, .initialisation = start});
    put<layers::Relu>(graph, name + ".relu");
    put_dropout(graph, name + ".dropout", keep, layers::DropoutForm::inverted);
  }
  put_classifier(graph, classes, {.initialisation = start});
  return graph;
}

}  // namespace

std::vector<models::Model> models() {
  return {{"vgg", "blocks of small convolutions and three dense layers (Table 1)", vgg}};
}

}  // namespace reprise::experiments::vgg
