// Nets of Ng et al. 2015 (arXiv 1503.08909). A tower of convolutions sees each frame of a clip with the same weights; what it makes of the
// frames is pooled over time in one of several places, or read by a deep LSTM. Frames are square and lie one below the other.
//
//   tower       desk       5x5 convolution 16, maximum 2x2; 5x5 convolution 32, maximum 2x2
//               alexnet    11x11 convolution 96 of stride 4, 9x9 convolution 256, 5x5 convolution 256, each with maximum 3x3 of stride 2
//                          and response norm
//               googlenet  as in its paper, to the last inception module
//   units       dense layers behind the tower with ReLU and dropout; none: the average over positions
//
//   conv         tower -> max over frames -> units -> logits
//   mean         tower -> mean over frames -> units -> logits
//   dense        tower -> 1x1 convolution of all frames' channels together -> units -> logits
//   late         tower -> units of each frame -> max over frames -> logits
//   slow         tower -> max over windows of frames -> first units of each window -> max over windows -> other units -> logits
//   local        tower -> max over windows of frames -> units of each window -> logits of all windows together
//   time_domain  tower -> 3x3 convolution over windows of frames -> max over windows -> units -> logits
//   lstm         tower -> units of each frame -> LSTM layers -> logits of each frame

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "suite/errors.hpp"
#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/frame_pool.hpp"
#include "suite/layers/frame_scores.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "suite/layers/local_response_norm.hpp"
#include "suite/layers/lstm.hpp"
#include "suite/layers/max_pool2d.hpp"
#include "suite/layers/per_frame.hpp"
#include "suite/layers/relu.hpp"
#include "suite/layers/stacked_frames.hpp"
#include "suite/losses/catalog.hpp"
#include "suite/losses/frame_cross_entropy.hpp"
#include "suite/models/blocks.hpp"
#include "suite/models/model.hpp"
#include "suite/models/model_parts.hpp"

namespace reprise::experiments::short_snippets {
namespace {

using namespace models;  // put, choice, ...
using graph::Graph;
using graph::NodeId;
using recipes::Options;
using Pool = layers::FramePool;

void convolution(Graph& graph, const std::string& name, const layers::Conv2d::Options& options) {
  put<layers::Conv2d>(graph, name, options);
  put<layers::Relu>(graph, name + ".relu");
}

Graph desk_tower(const SampleShape& frame) {
  Graph graph(frame);
  convolution(graph, "conv1", {.filters = 16, .filter_size = 5, .padding = 2});
  put<layers::MaxPool2d>(graph, "pool1");
  convolution(graph, "conv2", {.filters = 32, .filter_size = 5, .padding = 2});
  put<layers::MaxPool2d>(graph, "pool2");
  return graph;
}

Graph alexnet_tower(const SampleShape& frame) {
  Graph graph(frame);
  const auto end_stage = [&graph](const std::string& number) {
    put<layers::MaxPool2d>(graph, "pool" + number, {.window = 3, .stride = 2});
    put<layers::LocalResponseNorm>(graph, "norm" + number);
  };
  convolution(graph, "conv1", {.filters = 96, .filter_size = 11, .stride = 4, .padding = 5});
  end_stage("1");
  convolution(graph, "conv2", {.filters = 256, .filter_size = 9, .padding = 4});
  end_stage("2");
  convolution(graph, "conv3", {.filters = 256, .filter_size = 5, .padding = 2});
  end_stage("3");
  return graph;
}

Graph googlenet_tower(const SampleShape& frame) {
  const auto papers = models::papers();
  const auto paper =
      std::find_if(papers.begin(), papers.end(), [](const PaperEntry& entry) { return entry.slug == std::string_view("googlenet"); });
  Options options;
  options.set("heads", false);
  const Graph whole = paper->models().front().build(options, frame, 2);
  Graph tower(frame);
  for (NodeId n = 1; n <= whole.find("5b"); ++n) tower.add(whole.node(n).name, whole.node(n).layer, whole.node(n).inputs);
  return tower;
}

/// Options of all nets: tower; units; keep, of the dropout behind each of them.
class Net {
 public:
  Net(const Options& options, const SampleShape& input)
      : graph_(input), frames_(frames_of(input)), units_(options.get_ints("units", {128, 128})), keep_(options.get_double("keep", 1)) {
    const SampleShape frame{input.width, input.width, input.channels};
    const std::string tower = choice(options, "tower", "desk", {"desk", "alexnet", "googlenet"});
    put_tower(tower == "desk" ? desk_tower(frame) : tower == "alexnet" ? alexnet_tower(frame) : googlenet_tower(frame));
  }

  Graph& graph() { return graph_; }
  std::int64_t frames() const { return frames_; }

  /// Over all frames, or over windows of them, of which there are then as many as there were frames.
  void pool(const std::string& name, Pool::Kind kind) { pool(name, {.kind = kind, .frames = frames_}); }
  void pool(const std::string& name, const Pool::Options& options) {
    if (frames_ > 1) put<Pool>(graph_, name, options);
    frames_ = windows(options.window, options.stride);
  }
  void stack(const layers::StackedFrames::Options& options) {
    put<layers::StackedFrames>(graph_, "stack", options);
    frames_ = windows(options.window, options.stride);
  }

  void put_convolution(const std::string& name, const layers::Conv2d::Options& options) {
    put_over_frames(name, std::make_shared<layers::Conv2d>(options));
  }
  void put_relu(const std::string& name) { put_over_frames(name, std::make_shared<layers::Relu>()); }

  /// Dense layers number `first` to `last`, counted from 0, of those there are; where there are none, the average in place of the first.
  void put_units(std::size_t first = 0, std::size_t last = 100) {
    if (units_.empty() && first == 0) {
      put_over_frames("average", std::make_shared<layers::GlobalAveragePool>());
      put_dropout("average.dropout");
    }
    for (std::size_t i = first; i <= last && i < units_.size(); ++i) {
      const std::string name = fmt::format("fc{}", i + 1);
      put_over_frames(name, std::make_shared<layers::Dense>(layers::Dense::Options{.features = units_[i]}));
      put_relu(name + ".relu");
      put_dropout(name + ".dropout");
    }
  }

  void put_frame_logits(int classes) {
    put_over_frames("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = classes}));
  }

 private:
  static std::int64_t frames_of(const SampleShape& clip) {
    if (clip.height % clip.width != 0)
      throw InputError(Complaint{"clips", "square frames, one below the other", clip.text(), "Choose another data set or stage"});
    return clip.height / clip.width;
  }

  std::int64_t windows(std::int64_t window, std::int64_t stride) const {
    return layers::frame_windows("windows of frames", frames_, window, stride);
  }

  NodeId put_over_frames(const std::string& name, std::shared_ptr<const layers::Layer> layer) {
    return graph_.add(name, over_frames(std::move(layer)));
  }
  std::shared_ptr<const layers::Layer> over_frames(std::shared_ptr<const layers::Layer> layer) const {
    if (frames_ == 1) return layer;
    return std::make_shared<layers::PerFrame>(layers::PerFrame::Options{.layer = std::move(layer), .frames = frames_});
  }

  void put_dropout(const std::string& name) {
    if (keep_ < 1)
      put_over_frames(name,
                      std::make_shared<layers::Dropout>(layers::Dropout::Options{.keep = keep_, .form = layers::DropoutForm::inverted}));
  }

  /// The tower's nodes keep their names, so that a net of one frame and one of many have the same parameters.
  void put_tower(const Graph& tower) {
    graph::NodeMap<NodeId> ids(tower.nodes().size(), 0);
    for (NodeId n = 1; n <= tower.last(); ++n) {
      std::vector<NodeId> inputs;
      for (const NodeId input : tower.node(n).inputs) inputs.push_back(ids[input]);
      ids[n] = graph_.add(tower.node(n).name, over_frames(tower.node(n).layer), inputs);
    }
  }

  Graph graph_;
  std::int64_t frames_;  // at the last node
  std::vector<std::int64_t> units_;
  double keep_;
};

/// Options besides: pooling; window and stride, in frames; filters of the convolution in time.
Graph pooled(const Options& options, const SampleShape& input, int classes) {
  Net net(options, input);
  const std::string pooling = choice(options, "pooling", "conv", {"conv", "mean", "dense", "late", "slow", "local", "time_domain"});
  const std::int64_t window = std::min(net.frames(), count_of(options, "window", 10, 1)), stride = count_of(options, "stride", 5, 1),
                     filters = count_of(options, "filters", 256, 1);
  const Pool::Options windows{.frames = net.frames(), .window = window, .stride = stride};
  if (pooling == "conv" || pooling == "mean") {
    net.pool("pool", pooling == "conv" ? Pool::Kind::maximum : Pool::Kind::mean);
    net.put_units();
  } else if (pooling == "dense") {
    const std::int64_t channels = net.graph().node(net.graph().last()).shape.channels;
    net.stack({.frames = net.frames()});
    net.put_convolution("pool", {.filters = channels, .filter_size = 1});
    net.put_units();
  } else if (pooling == "late") {
    net.put_units();
    net.pool("pool", Pool::Kind::maximum);
  } else if (pooling == "slow") {
    net.pool("windows", windows);
    net.put_units(0, 0);
    net.pool("pool", Pool::Kind::maximum);
    net.put_units(1);
  } else if (pooling == "local") {
    net.pool("windows", windows);
    net.put_units();
  } else {
    net.stack({.frames = net.frames(), .window = window, .stride = stride});
    net.put_convolution("time", {.filters = filters, .filter_size = 3, .padding = 1});
    net.put_relu("time.relu");
    net.pool("pool", Pool::Kind::maximum);
    net.put_units();
  }
  put_classifier(net.graph(), classes);
  return std::move(net.graph());
}

/// Options besides: layers and cells; peepholes; average, over frames in evaluation. Training compares the logits of each frame with the
/// class, later frames counting more; the main head, which evaluation sees, has no weight in it.
Graph lstm(const Options& options, const SampleShape& input, int classes) {
  Net net(options, input);
  const std::int64_t count = count_of(options, "layers", 5, 1), cells = count_of(options, "cells", 512, 1);
  const bool peepholes = options.get_bool("peepholes", true);
  const layers::FrameAverage average = layers::frame_average(options.get_string("average", "weighted"));
  net.put_units();
  for (std::int64_t l = 1; l <= count; ++l)
    put<layers::Lstm>(net.graph(), fmt::format("lstm{}", l), {.cells = cells, .peepholes = peepholes});
  net.put_frame_logits(classes);
  Graph& graph = net.graph();
  const NodeId logits = graph.last();
  NodeId main = 0;
  for (const char* name : {"last", "maximum", "mean", "weighted"}) {
    const NodeId scores =
        graph.add(std::string("scores.") + name,
                  std::make_shared<layers::FrameScores>(layers::FrameScores::Options{layers::frame_average(name)}), {logits});
    if (layers::frame_average(name) == average) main = scores;
  }
  graph.add_head({.node = main, .loss = losses::make_loss("softmax_cross_entropy"), .weight = {.value = 0}});
  graph.add_head({.name = "frames", .node = logits, .loss = std::make_shared<losses::FrameCrossEntropy>(net.frames())});
  return std::move(graph);
}

}  // namespace

std::vector<Model> models() {
  return {{"pooled", "a tower over frames, pooled over time in one of several places", pooled},
          {"lstm", "a tower over frames, read by a deep LSTM", lstm}};
}

}  // namespace reprise::experiments::short_snippets
