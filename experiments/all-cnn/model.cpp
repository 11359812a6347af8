// The twelve nets of Springenberg et al. 2015, Tables 1 and 2, as one builder.
//
//   stage   A           B                  C
//   1       5x5 c1      5x5 c1, 1x1 c1     3x3 c1, 3x3 c1
//   (pool)  base: 3x3 max, stride 2;  strided: no pool, the convolution before it has stride 2;
//           convpool: one more 3x3 c1, then the pool;  all: a 3x3 c1 with stride 2 in place of the pool
//   2       the same with c2, and the same change at its pool
//   top     3x3 c2 (unpadded), 1x1 c2, 1x1 classes, average over all positions, softmax

#include <fmt/format.h>

#include "suite/layers/conv2d.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::all_cnn {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using recipes::Options;

/// Adds convolutions followed by ReLU, numbered "conv1", "relu1" ... in order.
class Stack {
 public:
  Stack(Graph& graph, layers::Initialisation::Kind start) : graph_(graph), start_(start) {}

  void convolution(std::int64_t filters, std::int64_t kernel, std::int64_t stride, std::int64_t padding, bool relu = true) {
    const std::string number = fmt::format("{}", ++convolutions_);
    put<layers::Conv2d>(graph_, "conv" + number,
                        {.filters = filters, .filter_size = kernel, .stride = stride, .padding = padding, .initialisation = start_});
    if (relu) put<layers::Relu>(graph_, "relu" + number);
  }
  /// "Same" padding.
  void convolution(std::int64_t filters, std::int64_t kernel, std::int64_t stride = 1) { convolution(filters, kernel, stride, kernel / 2); }

  void pool(const std::string& number) { put<layers::MaxPool2d>(graph_, "pool" + number, {.window = 3, .stride = 2, .ceil = true}); }

 private:
  Graph& graph_;
  layers::Initialisation::Kind start_;
  int convolutions_ = 0;
};

void stage(Stack& stack, const std::string& family, const std::string& variant, std::int64_t width, const std::string& number) {
  const std::int64_t last_stride = variant == "strided" ? 2 : 1;
  if (family == "A") stack.convolution(width, 5, last_stride);
  if (family == "B") {
    stack.convolution(width, 5);
    stack.convolution(width, 1, last_stride);
  }
  if (family == "C") {
    stack.convolution(width, 3);
    stack.convolution(width, 3, last_stride);
  }
  if (variant == "convpool") stack.convolution(width, 3);
  if (variant == "all") stack.convolution(width, 3, 2);
  if (variant == "base" || variant == "convpool") stack.pool(number);
}

Graph all_convolutional(const Options& options, const SampleShape& input, int classes) {
  const std::string family = choice(options, "family", "C", {"A", "B", "C"});
  const std::string variant = choice(options, "variant", "all", {"base", "strided", "convpool", "all"});
  const auto widths = widths_of(options, "widths", {96, 192}, 2);
  const bool padded_top = options.get_bool("padded_top", false);
  const bool class_relu = options.get_bool("class_relu", true);
  const double input_keep = options.get_double("input_keep", 0.8);
  const double hidden_keep = options.get_double("hidden_keep", 0.5);
  const auto form = dropout_form(options, "inverted");
  const auto start = layers::initialisation_kind(options.get_string("initialisation", "he_normal"));

  Graph graph(input);
  Stack stack(graph, start);
  put_dropout(graph, "input_dropout", input_keep, form);
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const std::string number = fmt::format("{}", i + 1);
    stage(stack, family, variant, widths[i], number);
    put_dropout(graph, "dropout" + number, hidden_keep, form);
  }
  stack.convolution(widths[1], 3, 1, padded_top ? 1 : 0);
  stack.convolution(widths[1], 1);
  stack.convolution(classes, 1, 1, 0, class_relu);
  put_class_maps_head(graph);
  return graph;
}

}  // namespace

std::vector<models::Model> models() {
  return {{"all_cnn", "family A, B, C; variant base, strided, convpool, all (Tables 1 and 2)", all_convolutional}};
}

}  // namespace reprise::experiments::all_cnn
