// Nets of Cohen and Welling 2016 (arXiv 1602.07576), each on the plane (z2), with turns (p4) or with turns and mirrorings (p4m).
//
// Rotated MNIST, 28x28, no padding; norm and ReLU behind l1 to l6:
//   layer         map   Z2CNN            P4CNN             P4CNNRotationPooling
//   l1, l2  3x3   24    20               p4 10             20 from the plane, maximum over 4 orientations
//   pool    2x2   12    maximum
//   l3..l6  3x3   4     20               p4 10             as l1
//   top     4x4   1     classes          p4, maximum over 4 from the plane, maximum over 4
//
// All-CNN-C, 32x32: l1, l2 3x3 c1; l3 3x3 c1 stride 2; l4, l5 3x3 c2; l6 3x3 c2 stride 2; l7 3x3 c2; l8 1x1 c2; l9 1x1 classes; mean
//   over space and orientations. Norm and ReLU behind every convolution, the last one included.
//
// ResNet, 32x32: 3x3 convolution of k1; three stages of n blocks of k1, k2, k3 maps; norm, ReLU, mean over space, dense. A block adds
//   conv(relu(norm(conv(relu(norm(x)))))) to x, or to a 1x1 convolution of stride 2 of x where a stage begins. Orientations enter the dense
//   layer one by one.

#include <fmt/format.h>

#include "suite/layers/add.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/coset_pool.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/global_max_pool.hpp"
#include "suite/layers/group_conv2d.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::gcnn {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using graph::NodeId;
using recipes::Options;
using Start = layers::Initialisation::Kind;

struct Convolution {
  std::int64_t maps, size;
  std::int64_t stride = 1, padding = 0;
  bool from_plane = false;
};

/// Layers on the plane or over a group.
class Net {
 public:
  /// `group` is z2, p4 or p4m.
  Net(Graph& graph, const std::string& group, Start start, double deviation)
      : graph_(graph), is_plane_(group == "z2"), start_(start), deviation_(deviation) {
    if (!is_plane_) group_ = layers::plane_group(group);
  }

  int orientations() const { return is_plane_ ? 1 : layers::orientations(group_); }

  NodeId convolution(const std::string& name, const Convolution& c, NodeId input) {
    if (is_plane_)
      return graph_.add(name,
                        std::make_shared<layers::Conv2d>(layers::Conv2d::Options{.filters = c.maps,
                                                                                 .filter_size = c.size,
                                                                                 .stride = c.stride,
                                                                                 .padding = c.padding,
                                                                                 .initialisation = start_,
                                                                                 .gain = deviation_,
                                                                                 .bias_decays = true}),
                        {input});
    return graph_.add(name,
                      std::make_shared<layers::GroupConv2d>(layers::GroupConv2d::Options{.group = group_,
                                                                                         .from_plane = c.from_plane,
                                                                                         .filters = c.maps,
                                                                                         .filter_size = c.size,
                                                                                         .stride = c.stride,
                                                                                         .padding = c.padding,
                                                                                         .initialisation = start_,
                                                                                         .gain = deviation_,
                                                                                         .bias_decays = true}),
                      {input});
  }
  NodeId convolution(const std::string& name, const Convolution& c) { return convolution(name, c, graph_.last()); }

  void norm_relu(const std::string& name) {
    models::norm_relu(graph_, name, {.epsilon = 2e-5, .decays = true, .orientations = orientations()});
  }

  void pool_orientations(const std::string& name, bool average = false) {
    if (!is_plane_) put<layers::CosetPool>(graph_, name, {.orientations = orientations(), .average = average});
  }

 private:
  Graph& graph_;
  bool is_plane_;
  layers::PlaneGroup group_ = layers::PlaneGroup::p4;
  Start start_;
  double deviation_;
};

/// Options: net; maps, in all orientations the same; keep, the probability of keeping a value in the dropout behind l1 and l3 to l6.
Graph rotated_digits(const Options& options, const SampleShape& input, int classes) {
  const std::string kind = choice(options, "net", "p4cnn", {"z2cnn", "p4cnn", "rotation_pooling"});
  const std::int64_t maps = count_of(options, "maps", kind == "p4cnn" ? 10 : 20, 1);
  const double keep = options.get_double("keep", 1);
  const bool pools_at_once = kind == "rotation_pooling";

  Graph graph(input);
  Net net(graph, kind == "z2cnn" ? "z2" : "p4", Start::fan_in_normal, 1);
  for (int l = 1; l <= 6; ++l) {
    const std::string name = fmt::format("l{}", l);
    net.convolution(name, {.maps = maps, .size = 3, .from_plane = l == 1 || pools_at_once});
    net.norm_relu(name);
    if (pools_at_once) net.pool_orientations(name + ".rotations");
    if (l != 2) put_dropout(graph, name + ".dropout", keep, layers::DropoutForm::inverted);
    if (l == 2) put<layers::MaxPool2d>(graph, "pool");
  }
  net.convolution("top", {.maps = classes, .size = 4, .from_plane = pools_at_once});
  net.pool_orientations("rotations");
  put<layers::GlobalMaxPool>(graph, "logits");
  put_softmax_head(graph);
  return graph;
}

Start start_of(const Options& options) {
  return layers::initialisation_kind(options.get_string("initialisation", "he_normal"));
}

/// Options: group; widths c1 and c2; input_keep, hidden_keep; initialisation, and deviation where that is normal.
Graph all_convolutional(const Options& options, const SampleShape& input, int classes) {
  const std::string group = choice(options, "group", "z2", {"z2", "p4", "p4m"});
  const auto widths = widths_of(options, "widths", {96, 192}, 2);
  const Start start = start_of(options);
  const double deviation = start == Start::normal ? options.get_double("deviation", 0.05) : 1;
  const double input_keep = options.get_double("input_keep", 0.8), hidden_keep = options.get_double("hidden_keep", 0.5);
  const std::int64_t c1 = widths[0], c2 = widths[1];
  const std::vector<Convolution> convolutions = {
      {.maps = c1, .size = 3, .padding = 1, .from_plane = true},
      {.maps = c1, .size = 3, .padding = 1},
      {.maps = c1, .size = 3, .stride = 2, .padding = 1},
      {.maps = c2, .size = 3, .padding = 1},
      {.maps = c2, .size = 3, .padding = 1},
      {.maps = c2, .size = 3, .stride = 2, .padding = 1},
      {.maps = c2, .size = 3, .padding = 1},
      {.maps = c2, .size = 1},
      {.maps = classes, .size = 1},
  };

  Graph graph(input);
  Net net(graph, group, start, deviation);
  put_dropout(graph, "input_dropout", input_keep, layers::DropoutForm::inverted);
  for (const Convolution& convolution : convolutions) {
    const std::string name = fmt::format("l{}", &convolution - convolutions.data() + 1);
    net.convolution(name, convolution);
    net.norm_relu(name);
    if (convolution.stride > 1) put_dropout(graph, name + ".dropout", hidden_keep, layers::DropoutForm::inverted);
  }
  net.pool_orientations("orientations", true);
  put<layers::GlobalAveragePool>(graph, "logits");
  put_softmax_head(graph);
  return graph;
}

void residual_block(Graph& graph, Net& net, const std::string& name, std::int64_t maps, std::int64_t stride) {
  const NodeId before = graph.last();
  net.norm_relu(name + ".1");
  net.convolution(name + ".conv1", {.maps = maps, .size = 3, .stride = stride, .padding = 1});
  net.norm_relu(name + ".2");
  const NodeId branch = net.convolution(name + ".conv2", {.maps = maps, .size = 3, .padding = 1});
  const NodeId shortcut = stride == 1 ? before : net.convolution(name + ".shortcut", {.maps = maps, .size = 1, .stride = stride}, before);
  graph.add(name + ".add", std::make_shared<layers::Add>(), {branch, shortcut});
}

/// Options: group; widths k1, k2, k3; blocks of a stage: 6 blocks + 2 layers.
Graph residual_net(const Options& options, const SampleShape& input, int classes) {
  const std::string group = choice(options, "group", "z2", {"z2", "p4", "p4m"});
  const auto widths = widths_of(options, "widths", {32, 64, 128}, 3);
  const std::int64_t blocks = count_of(options, "blocks", 7, 1);

  Graph graph(input);
  Net net(graph, group, Start::he_normal, 1);
  net.convolution("conv1", {.maps = widths[0], .size = 3, .padding = 1, .from_plane = true});
  for (std::size_t stage = 0; stage < widths.size(); ++stage)
    for (std::int64_t block = 0; block < blocks; ++block)
      residual_block(graph, net, fmt::format("stage{}.block{}", stage + 1, block + 1), widths[stage], stage > 0 && block == 0 ? 2 : 1);
  net.norm_relu("final");
  put<layers::GlobalAveragePool>(graph, "average");
  put_classifier(graph, classes, {.bias_decays = true});
  return graph;
}

}  // namespace

std::vector<models::Model> models() {
  return {{"rotated_digits", "net z2cnn, p4cnn, rotation_pooling (Table 1)", rotated_digits},
          {"all_cnn_c", "All-CNN-C over group z2, p4, p4m (Table 2)", all_convolutional},
          {"resnet", "pre-activation ResNet over group z2, p4, p4m (Table 2)", residual_net}};
}

}  // namespace reprise::experiments::gcnn
