#include "suite/execution/integer_net.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "suite/execution/arena_placement.hpp"
#include "suite/execution/integer_products.hpp"
#include "suite/kernels/binary_convolution.hpp"
#include "suite/kernels/levels.hpp"
#include "suite/kernels/onednn/integer_convolution.hpp"
#include "suite/layers/add.hpp"

namespace reprise::execution {

using graph::Graph;
using graph::Node;
using graph::NodeId;

/// Lists steps and buffers, then places the buffers.
class IntegerNet::Compiler {
 public:
  Compiler(IntegerNet& net, const Graph& graph, const graph::Parameters& parameters, const graph::NodeMap<float>& largest, int samples,
           Arithmetic arithmetic)
      : net_(net),
        graph_(graph),
        parameters_(parameters),
        largest_(largest),
        samples_(samples),
        is_whole_(arithmetic == Arithmetic::whole),
        needed_(graph.needed_by({graph.output()})),
        products_(graph.nodes().size()),
        readers_(graph.nodes().size()),
        values_(graph.nodes().size(), kNone),
        levels_(graph.nodes().size(), kNone),
        signs_(graph.nodes().size(), kNone) {
    const NodeId first = first_weighted_node(graph);
    for (NodeId n = 1; n <= graph.last(); ++n) {
      if (!needed_[n]) continue;
      if (arithmetic == Arithmetic::whole) products_[n] = integer_product(graph, n, first, samples);
      for (const NodeId input : graph.node(n).inputs) readers_[input].push_back(n);
    }
  }

  void compile() {
    values_[0] = buffer(graph_.node(0).shape.size() * static_cast<std::int64_t>(sizeof(float)) * samples_);
    touch(values_[0], 0);
    for (NodeId n = 1; n <= graph_.last(); ++n) {
      if (!needed_[n] || has_all(n)) continue;
      count(n);
      if (products_[n].kind == IntegerProduct::Kind::levels)
        put_level_product(n);
      else if (products_[n].kind == IntegerProduct::Kind::signs)
        put_sign_product(n);
      else if (!waits_for_relu(n))
        put_float(n);
    }
    touch(values_[graph_.output()], static_cast<int>(net_.steps_.size()));
    finish();
  }

 private:
  static constexpr int kNone = -1;

  int buffer(std::int64_t bytes) {
    intervals_.push_back({aligned(static_cast<std::size_t>(bytes)), -1, -1});
    return static_cast<int>(intervals_.size()) - 1;
  }
  /// Used by the step of that number.
  void touch(int buffer, int step) {
    Interval& interval = intervals_[static_cast<std::size_t>(buffer)];
    if (interval.first < 0) interval.first = step;
    interval.last = std::max(interval.last, step);
  }
  void put(const std::vector<int>& buffers, Step step) {
    for (const int buffer : buffers) touch(buffer, static_cast<int>(net_.steps_.size()));
    net_.steps_.push_back(std::move(step));
  }
  std::int64_t size(NodeId n) const { return graph_.node(n).shape.size() * samples_; }
  int value_buffer(NodeId n) { return values_[n] = buffer(size(n) * static_cast<std::int64_t>(sizeof(float))); }

  bool is_read_by(NodeId n, IntegerProduct::Kind kind) const {
    return std::any_of(readers_[n].begin(), readers_[n].end(), [&](NodeId reader) { return products_[reader].kind == kind; });
  }
  /// Somebody wants float32.
  bool needs_values(NodeId n) const {
    return n == graph_.output() ||
           std::any_of(readers_[n].begin(), readers_[n].end(), [&](NodeId r) { return products_[r].kind == IntegerProduct::Kind::none; });
  }
  bool has_all(NodeId n) const {
    return (!needs_values(n) || values_[n] != kNone) && (!is_read_by(n, IntegerProduct::Kind::levels) || levels_[n] != kNone) &&
           (!is_read_by(n, IntegerProduct::Kind::signs) || signs_[n] != kNone);
  }
  /// The relu that reads node `n` alone and whose values are wanted as levels alone; 0: none.
  NodeId level_relu_behind(NodeId n) const {
    if (readers_[n].size() != 1 || n == graph_.output()) return 0;
    const NodeId relu = readers_[n][0];
    return layer_as<layers::Relu>(graph_.node(relu)) != nullptr && !needs_values(relu) ? relu : 0;
  }
  /// The norm that reads node `n` alone; 0: none.
  NodeId norm_behind(NodeId n) const {
    const bool found = readers_[n].size() == 1 && n != graph_.output() && affine_norm(graph_.node(readers_[n][0])) != nullptr;
    return found ? readers_[n][0] : 0;
  }
  /// A norm that is part of the step of its relu.
  bool waits_for_relu(NodeId n) const { return n > 0 && affine_norm(graph_.node(n)) != nullptr && level_relu_behind(n) != 0; }

  const float* parameter(NodeId n, const char* name) const { return parameter_named(graph_, parameters_, n, name); }
  float step_of(NodeId relu) const { return largest_[relu] > 0 ? largest_[relu] / static_cast<float>(kernels::kLargestLevel) : 1.0f; }

  /// `affine` in steps of the relu's levels.
  ChannelAffine in_steps(ChannelAffine affine, NodeId relu) const {
    for (std::vector<float>* numbers : {&affine.scale, &affine.shift})
      for (float& number : *numbers) number /= step_of(relu);
    return affine;
  }

  int level_buffer(NodeId relu) { return levels_[relu] = buffer(size(relu)); }

  // --------------------------------------------------------------------------------------------------- levels

  void put_level_product(NodeId n) {
    const IntegerProduct& product = products_[n];
    const NodeId relu = graph_.node(n).inputs[0];
    const std::int64_t filters = product.shape.filters, of_filter = weights_of_node(graph_.node(n)) / filters;
    const std::shared_ptr<const kernels::IntegerConvolution> convolution = kernels::make_integer_convolution(product.shape);
    const auto packed = std::make_shared<Memory>(convolution->packed_bytes());
    const float* weight = parameter(n, "weight");
    const float* bias = parameter(n, "bias");
    std::vector<std::int8_t> weight_levels(static_cast<std::size_t>(filters * of_filter));
    ChannelAffine affine;
    for (std::int64_t k = 0; k < filters; ++k) {
      const float* filter = weight + k * of_filter;
      float most = 0;
      for (std::int64_t i = 0; i < of_filter; ++i) most = std::max(most, std::fabs(filter[i]));
      const float step = most > 0 ? most / static_cast<float>(kernels::kLargestLevel) : 1.0f;
      for (std::int64_t i = 0; i < of_filter; ++i)
        weight_levels[static_cast<std::size_t>(k * of_filter + i)] = static_cast<std::int8_t>(std::nearbyint(filter[i] / step));
      affine.scale.push_back(step * step_of(relu));
      affine.shift.push_back(bias == nullptr ? 0.0f : bias[k]);
    }
    convolution->pack(weight_levels.data(), packed->data());
    const int sums = buffer(size(n) * static_cast<std::int64_t>(sizeof(std::int32_t)));
    const int scratch = buffer(static_cast<std::int64_t>(convolution->scratch_bytes()));
    const int input = levels_[relu];
    put({input, sums, scratch}, [convolution, packed, input, sums, scratch](const Room& room) {
      convolution->forward(room.at<std::uint8_t>(input), packed->data(), room.at<std::int32_t>(sums), room.at<std::byte>(scratch));
    });
    put_sums(n, sums, affine);
  }

  /// What becomes of a product's sums: levels of the relu behind it, or values, to which what it is added to may be added at once.
  void put_sums(NodeId n, int sums, ChannelAffine affine) {
    const NodeId norm = norm_behind(n), relu = level_relu_behind(norm != 0 ? norm : n);
    const std::int64_t channels = graph_.node(n).shape.channels, rows = size(n) / channels;
    if (relu != 0 && is_read_by(relu, IntegerProduct::Kind::levels)) {
      if (norm != 0) affine = composed(affine, affine_of_norm(graph_, parameters_, norm));
      const int levels = level_buffer(relu);
      put({sums, levels}, [affine = in_steps(std::move(affine), relu), sums, levels, rows, channels](const Room& room) {
        kernels::levels_of_sums(room.at<std::int32_t>(sums), rows, channels, affine.scale.data(), affine.shift.data(),
                                room.at<std::uint8_t>(levels));
      });
      return;
    }
    const NodeId other = added_at_once(n);
    const int values = value_buffer(other != kNone ? readers_[n][0] : n), added = other != kNone ? values_[other] : kNone;
    std::vector<int> used{sums, values};
    if (added != kNone) used.push_back(added);
    put(used, [affine = std::move(affine), sums, values, added, rows, channels](const Room& room) {
      kernels::values_of_sums(room.at<std::int32_t>(sums), rows, channels, affine.scale.data(), affine.shift.data(),
                              added == kNone ? nullptr : room.at<float>(added), room.at<float>(values));
    });
  }

  /// The other input of the addition of two that reads node `n` alone, if it is there already.
  NodeId added_at_once(NodeId n) const {
    if (readers_[n].size() != 1 || n == graph_.output()) return kNone;
    const Node& add = graph_.node(readers_[n][0]);
    if (layer_as<layers::Add>(add) == nullptr || add.inputs.size() != 2) return kNone;
    const NodeId other = add.inputs[0] == n ? add.inputs[1] : add.inputs[0];
    return other != n && values_[other] != kNone ? other : kNone;
  }

  /// Levels of a relu that are made from values: those of the norm's input, or of its own input.
  void put_levels(NodeId relu) {
    const NodeId before = graph_.node(relu).inputs[0];
    const bool normed = waits_for_relu(before);
    const std::int64_t channels = graph_.node(relu).shape.channels, rows = size(relu) / channels;
    const auto count = static_cast<std::size_t>(channels);
    ChannelAffine affine = normed ? affine_of_norm(graph_, parameters_, before)
                                  : ChannelAffine{std::vector<float>(count, 1.0f), std::vector<float>(count, 0.0f)};
    const int input = values_[normed ? graph_.node(before).inputs[0] : before], levels = level_buffer(relu);
    put({input, levels}, [affine = in_steps(std::move(affine), relu), input, levels, rows, channels](const Room& room) {
      kernels::levels_of_values(room.at<float>(input), rows, channels, affine.scale.data(), affine.shift.data(),
                                room.at<std::uint8_t>(levels));
    });
  }

  // ---------------------------------------------------------------------------------------------------- signs

  void put_sign_product(NodeId n) {
    const IntegerProduct& product = products_[n];
    const auto convolution = std::make_shared<kernels::BinaryConvolution>(product.shape);
    const SampleShape& in = graph_.node(graph_.node(n).inputs[0]).shape;
    const float* weight = parameter(n, "weight");
    const float* bias = parameter(n, "bias");
    const std::int64_t filters = product.shape.filters, of_filter = weights_of_node(graph_.node(n)) / filters;
    convolution->load(weight);
    ChannelAffine affine;
    for (std::int64_t k = 0; k < filters; ++k) {
      double sum = 0;
      for (std::int64_t i = 0; i < of_filter; ++i) sum += std::fabs(static_cast<double>(weight[k * of_filter + i]));
      affine.scale.push_back(static_cast<float>(sum / static_cast<double>(of_filter)));
      affine.shift.push_back(bias == nullptr ? 0.0f : bias[k]);
    }
    const int sums = buffer(size(n) * static_cast<std::int64_t>(sizeof(std::int32_t))), input = signs_[graph_.node(n).inputs[0]];
    const std::int64_t words = in.positions() * kernels::words_of_signs(in.channels), outputs = graph_.node(n).shape.size();
    put({input, sums}, [convolution, input, sums, words, outputs, samples = samples_](const Room& room) {
      for (std::int64_t i = 0; i < samples; ++i)
        convolution->forward(room.at<std::uint64_t>(input) + i * words, room.at<std::int32_t>(sums) + i * outputs);
    });
    put_sums(n, sums, std::move(affine));
  }

  void put_signs(NodeId n) {
    const SampleShape& shape = graph_.node(n).shape;
    const std::int64_t positions = shape.positions() * samples_, words = kernels::words_of_signs(shape.channels);
    const int input = values_[graph_.node(n).inputs[0]];
    const int signs = signs_[n] = buffer(positions * words * static_cast<std::int64_t>(sizeof(std::uint64_t)));
    put({input, signs}, [input, signs, positions, channels = shape.channels](const Room& room) {
      kernels::pack_signs(room.at<float>(input), positions, channels, room.at<std::uint64_t>(signs));
    });
  }

  // --------------------------------------------------------------------------------------------------- float32

  void put_float(NodeId n) {
    const bool wants_levels = is_read_by(n, IntegerProduct::Kind::levels);
    if (needs_values(n) && values_[n] == kNone) put_layer(n);
    if (wants_levels) put_levels(n);
    if (is_read_by(n, IntegerProduct::Kind::signs)) put_signs(n);
  }

  void put_layer(NodeId n) {
    const Node& node = graph_.node(n);
    std::vector<SampleShape> shapes;
    std::vector<int> inputs, used;
    for (const NodeId input : node.inputs) {
      shapes.push_back(graph_.node(input).shape);
      inputs.push_back(values_[input]);
    }
    // How float32 products round depends on the number of rows on some CPUs. The net to compare with takes all samples at once.
    const int together = is_whole_ && !node.parameters.empty() ? 1 : samples_;
    const std::shared_ptr<layers::PreparedLayer> layer = node.layer->prepare(shapes, {.samples = together, .wants_grad_input = false});
    const std::vector<const float*>& parameters = parameters_.node_values(n);
    layer->load_weights(parameters);
    const int output = value_buffer(n), saved = buffer(static_cast<std::int64_t>(layer->saved_bytes())),
              scratch = buffer(static_cast<std::int64_t>(layer->scratch_bytes()));
    used = inputs;
    for (const int buffer : {output, saved, scratch}) used.push_back(buffer);
    put(used, [layer, inputs, output, saved, scratch, parameters, shapes, size = node.shape.size(), together,
               samples = samples_](const Room& room) {
      std::vector<const void*> read(inputs.size());
      layers::ForwardArgs args;
      args.inputs = read;
      args.parameters = parameters;
      args.saved = room.at<std::byte>(saved);
      args.scratch = room.at<std::byte>(scratch);
      args.shard.valid = together;
      args.shard.mode = layers::Mode::infer;
      for (std::int64_t first = 0; first < samples; first += together) {
        for (std::size_t i = 0; i < inputs.size(); ++i) read[i] = room.at<float>(inputs[i]) + first * shapes[i].size();
        args.output = room.at<float>(output) + first * size;
        layer->forward(args);
      }
    });
  }

  void count(NodeId n) {
    const Node& node = graph_.node(n);
    IntegerCounts& counts = net_.counts_;
    const std::int64_t weights = weights_of_node(node);
    std::int64_t all = 0;
    for (const layers::ParameterSpec& spec : node.parameters) all += spec.count();
    const std::int64_t others = (all - weights) * static_cast<std::int64_t>(sizeof(float));
    switch (products_[n].kind) {
      case IntegerProduct::Kind::levels:
        counts.level_macs += node.cost.forward_macs, ++counts.level_layers, counts.weight_bytes += weights + others;
        break;
      case IntegerProduct::Kind::signs: {
        const kernels::ConvolutionShape& s = products_[n].shape;
        counts.sign_macs += node.cost.forward_macs, ++counts.sign_layers;
        counts.weight_bytes += s.filters * s.filter_height * s.filter_width * kernels::words_of_signs(s.in_channels) * 8 + others;
        break;
      }
      default:
        counts.float_macs += node.cost.forward_macs, counts.float_layers += weights > 0 ? 1 : 0;
        counts.weight_bytes += weights * static_cast<std::int64_t>(sizeof(float)) + others;
    }
  }

  void finish() {
    for (Interval& interval : intervals_) interval.first = std::max(interval.first, 0), interval.last = std::max(interval.last, 0);
    net_.arena_bytes_ = place(intervals_);
    for (const Interval& interval : intervals_) net_.offsets_.push_back(interval.offset);
    net_.input_ = values_[0], net_.output_ = values_[graph_.output()];
    net_.inputs_ = size(0), net_.outputs_ = size(graph_.output());
  }

  IntegerNet& net_;
  const Graph& graph_;
  const graph::Parameters& parameters_;
  const graph::NodeMap<float>& largest_;
  int samples_;
  bool is_whole_;
  graph::NodeMap<bool> needed_;
  graph::NodeMap<IntegerProduct> products_;
  graph::NodeMap<std::vector<NodeId>> readers_;
  graph::NodeMap<int> values_, levels_, signs_;  ///< buffers of a node's float32 values, levels, signs
  std::vector<Interval> intervals_;              ///< of buffers
};

std::vector<NodeId> IntegerNet::measured_nodes(const Graph& graph) {
  std::vector<NodeId> nodes;
  const graph::NodeMap<bool> needed = graph.needed_by({graph.output()});
  const NodeId first = first_weighted_node(graph);
  for (NodeId n = 1; n <= graph.last(); ++n) {
    if (!needed[n] || integer_product(graph, n, first, 1).kind != IntegerProduct::Kind::levels) continue;
    const NodeId relu = graph.node(n).inputs[0];
    if (std::find(nodes.begin(), nodes.end(), relu) == nodes.end()) nodes.push_back(relu);
  }
  return nodes;
}

bool IntegerNet::has_products(const Graph& graph) {
  const graph::NodeMap<bool> needed = graph.needed_by({graph.output()});
  const NodeId first = first_weighted_node(graph);
  for (NodeId n = 1; n <= graph.last(); ++n)
    if (needed[n] && integer_product(graph, n, first, 1).kind != IntegerProduct::Kind::none) return true;
  return false;
}

IntegerNet::IntegerNet(const Graph& graph, const graph::Parameters& parameters, const graph::NodeMap<float>& largest, int samples,
                       Arithmetic arithmetic) {
  Compiler(*this, graph, parameters, largest, samples, arithmetic).compile();
}

IntegerNet::~IntegerNet() = default;

void IntegerNet::run(const float* input, float* output, std::byte* arena) const {
  const Room room{arena, &offsets_};
  std::memcpy(room.at<float>(input_), input, static_cast<std::size_t>(inputs_) * sizeof(float));
  for (const Step& step : steps_) step(room);
  std::memcpy(output, room.at<float>(output_), static_cast<std::size_t>(outputs_) * sizeof(float));
}

}  // namespace reprise::execution
