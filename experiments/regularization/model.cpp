// Nets of the papers that Santos and Papa 2022 (arXiv 2201.03299) review, with places for the regularisers that act inside a net.
//
//   resnet        convolution, norm, ReLU; stages of blocks, the first of each but the first stage with stride 2; mean over space, dense.
//                 Block: conv-norm-ReLU-conv-norm (bottleneck: 1x1, 3x3, 1x1 with four times the width), add, ReLU.
//                 ImageNet stem: 7x7 stride 2, maximum over 3x3 stride 2.
//   preact        convolution; blocks norm-ReLU-conv-norm-ReLU-conv, add; norm, ReLU (unless final_norm is false); mean, dense.
//                 With last_norm blocks are those of PyramidNets: norm-conv-norm-ReLU-conv-norm.
//   pyramid       convolution of 16, norm; three stages of blocks as above, or bottlenecks, each alpha / (blocks) wider than the one
//   before;
//                 shortcuts are means of 2x2 where maps shrink, with zeros for new channels; norm, ReLU, mean, dense.
//   shake_shake   convolution of 16, norm; three stages of four blocks of width, 2 width, 4 width: two branches
//                 ReLU-conv-norm-ReLU-conv-norm with random weights; where shapes change, the shortcut is ReLU, two 1x1 convolutions on
//                 every stride-th position and on the one up and left of it, norm; ReLU, mean, dense.
//
// No convolution has a bias; weight decay is on every parameter.

#include <fmt/format.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/layers/add.hpp"
#include "suite/layers/average_pool2d.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/concat.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/drop_block.hpp"
#include "suite/layers/drop_path.hpp"
#include "suite/layers/feature_mix.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/max_dropout.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/relu.hpp"
#include "suite/layers/shake_drop.hpp"
#include "suite/layers/shake_shake.hpp"
#include "suite/layers/subsample.hpp"
#include "suite/losses/jensen_shannon.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::regularization {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using graph::NodeId;
using recipes::Options;
using Start = layers::Initialisation::Kind;

constexpr std::int64_t kExpansion = 4;  // of a bottleneck's last convolution

/// Options that all nets have. start: of convolutions, fan_out (normal, variance 2 / (k^2 filters)) or uniform (as PyTorch does unless told
/// otherwise). Regularisers, all off unless given: stochastic_depth and shake_drop, probabilities of dropping the last block's branch, that
/// of block l of L being l / L of it; drop_block, the share that is dropped in the end behind the additions of the last two stages, in
/// squares of drop_block_size; max_dropout, the largest rate, in front of each block's last convolution; dropout, there too, a probability
/// of dropping; mix_places: places for manifold mixup, in front of the net and behind stages 1, 2, ...; consistency, the weight of the
/// divergence between views of a sample.
class Net {
 public:
  Net(const Options& options, const SampleShape& input, std::int64_t stages, std::int64_t blocks)
      : graph_(input),
        stages_(stages),
        blocks_(blocks),
        fan_out_(choice(options, "start", "fan_out", {"fan_out", "uniform"}) == "fan_out"),
        stochastic_depth_(options.get_double("stochastic_depth", 0)),
        shake_drop_(options.get_double("shake_drop", 0)),
        drop_block_(options.get_double("drop_block", 0)),
        drop_block_size_(count_of(options, "drop_block_size", 7, 1)),
        max_dropout_(options.get_double("max_dropout", 0)),
        dropout_(options.get_double("dropout", 0)),
        mix_places_(count_of(options, "mix_places", 0, 0)),
        consistency_(options.get_double("consistency", 0)) {
    put_mix_place();
  }

  Graph& graph() { return graph_; }
  std::int64_t channels(NodeId node) const { return graph_.node(node).shape.channels; }

  NodeId convolution(const std::string& name, std::int64_t filters, std::int64_t size, std::int64_t stride, NodeId input) {
    layers::Conv2d::Options o{.filters = filters, .filter_size = size, .stride = stride, .padding = size / 2, .bias = false};
    o.initialisation = fan_out_ ? Start::normal : Start::fan_in_uniform;
    if (fan_out_) o.gain = std::sqrt(2.0 / static_cast<double>(size * size * filters));
    return graph_.add(name, std::make_shared<layers::Conv2d>(o), {input});
  }
  NodeId norm(const std::string& name, NodeId input) {
    return graph_.add(name, std::make_shared<layers::BatchNorm>(layers::BatchNorm::Options{.decays = true}), {input});
  }
  NodeId relu(const std::string& name, NodeId input) { return graph_.add(name, std::make_shared<layers::Relu>(), {input}); }
  NodeId norm_relu(const std::string& name, NodeId input) { return relu(name + ".relu", norm(name + ".norm", input)); }

  /// What stands in front of a block's last convolution.
  NodeId thin_out(const std::string& name, NodeId input) {
    if (max_dropout_ > 0) {
      const auto layer = std::make_shared<layers::MaxDropout>(layers::MaxDropout::Options{.rate = max_dropout_});
      input = graph_.add(name + ".max_dropout", layer, {input});
    }
    if (dropout_ > 0) {
      const layers::Dropout::Options o{.keep = 1 - dropout_, .form = layers::DropoutForm::inverted};
      input = graph_.add(name + ".dropout", std::make_shared<layers::Dropout>(o), {input});
    }
    return input;
  }

  /// Adds a branch, which a regulariser may drop, to a shortcut.
  NodeId add(const std::string& name, NodeId branch, NodeId shortcut) {
    const double depth = static_cast<double>(++block_) / static_cast<double>(blocks_);
    if (stochastic_depth_ > 0) {
      const layers::DropPath::Options o{.keep = 1 - depth * stochastic_depth_};
      branch = graph_.add(name + ".drop_path", std::make_shared<layers::DropPath>(o), {branch});
    }
    if (shake_drop_ > 0) {
      const layers::ShakeDrop::Options o{.keep = 1 - depth * shake_drop_};
      branch = graph_.add(name + ".shake_drop", std::make_shared<layers::ShakeDrop>(o), {branch});
    }
    return graph_.add(name + ".add", std::make_shared<layers::Add>(), {branch, shortcut});
  }

  void drop_blocks(const std::string& name, std::int64_t stage) {
    if (drop_block_ > 0 && stage + 2 >= stages_)
      put<layers::DropBlock>(graph_, name + ".drop_block", {.keep = 1 - drop_block_, .size = drop_block_size_});
  }

  /// Behind a stage, or in front of the net.
  void put_mix_place() {
    if (next_place_ >= mix_places_) return;
    put<layers::FeatureMix>(graph_, fmt::format("mix{}", next_place_), {.place = static_cast<int>(next_place_)});
    ++next_place_;
  }

  Graph classified(int classes) {
    put<layers::GlobalAveragePool>(graph_, "pool");
    const layers::Dense::Options dense{.features = classes, .bias_decays = true, .initialisation = Start::fan_in_uniform};
    put<layers::Dense>(graph_, "logits", dense);
    if (consistency_ > 0)
      graph_.add_head({.node = graph_.last(), .loss = std::make_shared<losses::JensenShannon>(consistency_)});
    else
      put_softmax_head(graph_);
    return std::move(graph_);
  }

 private:
  Graph graph_;
  std::int64_t stages_, blocks_, block_ = 0;
  bool fan_out_;
  double stochastic_depth_, shake_drop_, drop_block_;
  std::int64_t drop_block_size_;
  double max_dropout_, dropout_;
  std::int64_t mix_places_, next_place_ = 0;
  double consistency_;
};

std::int64_t sum_of(const std::vector<std::int64_t>& numbers) {
  std::int64_t sum = 0;
  for (const std::int64_t number : numbers) sum += number;
  return sum;
}

/// Calls block(name, width, stride, stage) for each block of each stage.
template <class Block>
void for_each_block(Net& net, const std::vector<std::int64_t>& blocks, const std::vector<std::int64_t>& widths, const Block& block) {
  for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
    for (std::int64_t i = 0; i < blocks[stage]; ++i) {
      const std::string name = fmt::format("stage{}.block{}", stage + 1, i + 1);
      block(name, widths[stage], stage > 0 && i == 0 ? std::int64_t{2} : std::int64_t{1});
      net.drop_blocks(name, static_cast<std::int64_t>(stage));
    }
    net.put_mix_place();
  }
}

/// norm-conv-norm-ReLU-conv-norm, or with a 1x1 convolution on either side.
NodeId pyramid_branch(Net& net, const std::string& name, NodeId input, std::int64_t width, std::int64_t stride, bool bottleneck) {
  NodeId at = net.norm(name + ".1.norm", input);
  at = net.convolution(name + ".conv1", width, bottleneck ? 1 : 3, bottleneck ? 1 : stride, at);
  at = net.norm_relu(name + ".2", at);
  if (bottleneck) {
    at = net.convolution(name + ".conv2", width, 3, stride, at);
    at = net.norm_relu(name + ".3", at);
    at = net.convolution(name + ".conv3", kExpansion * width, 1, 1, net.thin_out(name, at));
    return net.norm(name + ".4.norm", at);
  }
  at = net.convolution(name + ".conv2", width, 3, 1, net.thin_out(name, at));
  return net.norm(name + ".3.norm", at);
}

/// Options: blocks and widths of the stages; bottleneck; stem, cifar or imagenet; shortcut where shapes change, a projection (1x1
/// convolution, norm) or subsample (zeros for new channels).
Graph resnet(const Options& options, const SampleShape& input, int classes) {
  const auto blocks = widths_of(options, "blocks", {3, 3, 3});
  const auto widths = widths_of(options, "widths", {16, 32, 64}, blocks.size());
  const bool bottleneck = options.get_bool("bottleneck", false);
  const bool large = choice(options, "stem", "cifar", {"cifar", "imagenet"}) == "imagenet";
  const bool projects = choice(options, "shortcut", "projection", {"projection", "subsample"}) == "projection";

  Net net(options, input, static_cast<std::int64_t>(blocks.size()), sum_of(blocks));
  Graph& graph = net.graph();
  net.norm_relu("stem", net.convolution("stem", widths[0], large ? 7 : 3, large ? 2 : 1, graph.last()));
  if (large) put<layers::MaxPool2d>(graph, "stem.pool", {.window = 3, .stride = 2, .padding = 1});
  for_each_block(net, blocks, widths, [&](const std::string& name, std::int64_t width, std::int64_t stride) {
    const NodeId before = graph.last();
    const std::int64_t filters = bottleneck ? kExpansion * width : width;
    NodeId at = net.norm_relu(name + ".1", net.convolution(name + ".conv1", width, bottleneck ? 1 : 3, bottleneck ? 1 : stride, before));
    if (bottleneck) at = net.norm_relu(name + ".2", net.convolution(name + ".conv2", width, 3, stride, at));
    const std::string last = bottleneck ? "3" : "2";
    at = net.convolution(name + ".conv" + last, filters, bottleneck ? 1 : 3, 1, net.thin_out(name, at));
    const NodeId branch = net.norm(name + "." + last + ".norm", at);
    NodeId shortcut = before;
    if (stride != 1 || net.channels(before) != filters) {
      shortcut = projects ? net.norm(name + ".shortcut.norm", net.convolution(name + ".shortcut", filters, 1, stride, before))
                          : graph.add(name + ".shortcut",
                                      std::make_shared<layers::Subsample>(layers::Subsample::Options{stride, 0, filters}), {before});
    }
    net.relu(name + ".relu", net.add(name, branch, shortcut));
  });
  return net.classified(classes);
}

/// Options: blocks and widths of the stages; first_width, filters of the first convolution (else as many as the first stage has); last_norm
/// and final_norm as above.
Graph preact(const Options& options, const SampleShape& input, int classes) {
  const auto blocks = widths_of(options, "blocks", {3, 3, 3});
  const auto widths = widths_of(options, "widths", {16, 32, 64}, blocks.size());
  const bool last_norm = options.get_bool("last_norm", false);

  Net net(options, input, static_cast<std::int64_t>(blocks.size()), sum_of(blocks));
  Graph& graph = net.graph();
  net.convolution("stem", count_of(options, "first_width", widths[0], 1), 3, 1, graph.last());
  for_each_block(net, blocks, widths, [&](const std::string& name, std::int64_t width, std::int64_t stride) {
    const NodeId before = graph.last();
    const bool changes = stride != 1 || net.channels(before) != width;
    NodeId branch, shortcut = before;
    if (last_norm) {
      branch = pyramid_branch(net, name, before, width, stride, false);
      if (changes) shortcut = net.norm(name + ".shortcut.norm", net.convolution(name + ".shortcut", width, 1, stride, before));
    } else {
      const NodeId activated = net.norm_relu(name + ".1", before);
      const NodeId middle = net.norm_relu(name + ".2", net.convolution(name + ".conv1", width, 3, stride, activated));
      branch = net.convolution(name + ".conv2", width, 3, 1, net.thin_out(name, middle));
      if (changes) shortcut = net.convolution(name + ".shortcut", width, 1, stride, activated);
    }
    net.add(name, branch, shortcut);
  });
  if (options.get_bool("final_norm", true)) net.norm_relu("final", graph.last());
  return net.classified(classes);
}

/// Options: depth; alpha, by how much the last block is wider than the first convolution; bottleneck.
Graph pyramid(const Options& options, const SampleShape& input, int classes) {
  const bool bottleneck = options.get_bool("bottleneck", false);
  const std::int64_t depth = count_of(options, "depth", 110, 8), a_block = bottleneck ? 9 : 6;
  if ((depth - 2) % a_block != 0)
    throw InputError(Complaint{"option 'depth'", fmt::format("{} N + 2", a_block), fmt::format("{}", depth), "Correct the depth"});
  const std::int64_t blocks = (depth - 2) / a_block;
  const double alpha = options.get_double("alpha", 270);

  Net net(options, input, 3, 3 * blocks);
  Graph& graph = net.graph();
  net.norm("stem.norm", net.convolution("stem", 16, 3, 1, graph.last()));
  std::int64_t number = 0;
  for_each_block(net, {blocks, blocks, blocks}, {0, 0, 0}, [&](const std::string& name, std::int64_t, std::int64_t stride) {
    const NodeId before = graph.last();
    const auto width =
        static_cast<std::int64_t>(std::nearbyint(16 + alpha * static_cast<double>(++number) / static_cast<double>(3 * blocks)));
    const NodeId branch = pyramid_branch(net, name, before, width, stride, bottleneck);
    NodeId shortcut = before;
    if (stride != 1)
      shortcut = graph.add(name + ".mean", std::make_shared<layers::AveragePool2d>(layers::AveragePool2d::Options{}), {before});
    const std::int64_t filters = bottleneck ? kExpansion * width : width;
    if (net.channels(shortcut) != filters)
      shortcut =
          graph.add(name + ".zeros", std::make_shared<layers::Subsample>(layers::Subsample::Options{.channels = filters}), {shortcut});
    net.add(name, branch, shortcut);
  });
  net.norm_relu("final", graph.last());
  return net.classified(classes);
}

layers::ShakeShake::Weight weight_named(const std::string& name) {
  using Weight = layers::ShakeShake::Weight;
  if (name == "keep") return Weight::keep;
  return name == "even" ? Weight::even : Weight::shake;
}

/// Options: width of the first stage; blocks of the stages; forward, even or shake; backward, even, shake or keep; per_image.
Graph shake_shake(const Options& options, const SampleShape& input, int classes) {
  const std::int64_t width = count_of(options, "width", 32, 2);
  const auto blocks = widths_of(options, "blocks", {4, 4, 4}, 3);
  const layers::ShakeShake::Options weights{weight_named(choice(options, "forward", "shake", {"even", "shake"})),
                                            weight_named(choice(options, "backward", "shake", {"even", "shake", "keep"})),
                                            options.get_bool("per_image", true)};

  Net net(options, input, 3, sum_of(blocks));
  Graph& graph = net.graph();
  net.norm("stem.norm", net.convolution("stem", 16, 3, 1, graph.last()));
  for_each_block(net, blocks, {width, 2 * width, 4 * width}, [&](const std::string& name, std::int64_t filters, std::int64_t stride) {
    const NodeId before = graph.last();
    const NodeId activated = net.relu(name + ".relu", before);
    std::vector<NodeId> branches;
    for (const char* branch : {".a", ".b"}) {
      const std::string prefix = name + branch;
      const NodeId middle = net.norm_relu(prefix + ".1", net.convolution(prefix + ".conv1", filters, 3, stride, activated));
      branches.push_back(net.norm(prefix + ".2.norm", net.convolution(prefix + ".conv2", filters, 3, 1, net.thin_out(prefix, middle))));
    }
    const NodeId branch = graph.add(name + ".shake", std::make_shared<layers::ShakeShake>(weights), branches);
    NodeId shortcut = before;
    if (stride != 1 || net.channels(before) != filters) {
      std::vector<NodeId> halves;
      for (const std::int64_t offset : {0, -1}) {
        const std::string half = name + (offset == 0 ? ".shortcut1" : ".shortcut2");
        const layers::Subsample::Options o{.stride = stride, .offset = offset};
        const NodeId taken = graph.add(half + ".positions", std::make_shared<layers::Subsample>(o), {activated});
        halves.push_back(net.convolution(half, filters / 2, 1, 1, taken));
      }
      shortcut = net.norm(name + ".shortcut.norm", graph.add(name + ".shortcut", std::make_shared<layers::Concat>(), halves));
    }
    net.add(name, branch, shortcut);
  });
  net.relu("final.relu", graph.last());
  return net.classified(classes);
}

}  // namespace

std::vector<models::Model> models() {
  return {{"resnet", "residual net, blocks followed by ReLU", resnet},
          {"preact", "residual net, norm and ReLU in front of convolutions", preact},
          {"pyramid", "PyramidNet: every block a little wider", pyramid},
          {"shake_shake", "residual net of two branches with random weights", shake_shake}};
}

}  // namespace reprise::experiments::regularization
