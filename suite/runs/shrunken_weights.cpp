#include "suite/runs/shrunken_weights.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "suite/errors.hpp"
#include "suite/layers/add.hpp"
#include "suite/layers/batch_norm.hpp"
#include "suite/layers/concat.hpp"
#include "suite/runs/trained_weights.hpp"

namespace reprise::runs {

namespace {

using graph::Node;
using graph::NodeId;
using records::Tensor;
using Channels = std::vector<std::int64_t>;  ///< of the larger net, those that stay

Channels all(std::int64_t count) {
  Channels channels(static_cast<std::size_t>(count));
  std::iota(channels.begin(), channels.end(), 0);
  return channels;
}

/// Of the values, as large as they are, the places of the `count` largest, ascending.
Channels largest(const std::vector<double>& values, std::int64_t count) {
  Channels places = all(static_cast<std::int64_t>(values.size()));
  std::stable_sort(places.begin(), places.end(), [&](std::int64_t a, std::int64_t b) {
    return values[static_cast<std::size_t>(a)] > values[static_cast<std::size_t>(b)];
  });
  places.resize(static_cast<std::size_t>(count));
  std::sort(places.begin(), places.end());
  return places;
}

class Shrinking {
 public:
  Shrinking(const graph::Graph& graph, const std::map<std::string, Tensor>& weights, const recipes::StartRecipe& recipe)
      : graph_(graph), weights_(weights), recipe_(recipe), kept_(graph.nodes().size()) {}

  std::map<std::string, Tensor> run() {
    kept_[0] = all(graph_.node(0).shape.channels);
    for (NodeId n = 1; n <= graph_.last(); ++n) {
      const Node& node = graph_.node(n);
      if (!node.parameters.empty() && node.parameters[0].name == "weight")
        take_product(n);
      else
        take_channels(n);
    }
    return std::move(taken_);
  }

 private:
  [[noreturn]] void refuse(const Node& node, const std::string& expected, const std::string& found) const {
    throw InputError(Complaint{fmt::format("start from trial '{}', shrunken: node '{}'", recipe_.trial, node.name), expected, found,
                               "Shrink other layers, or leave start.shrink out"});
  }

  const Tensor* find(const Node& node, const std::string& parameter) const {
    const auto found = weights_.find(stored_name(node.name + "/" + parameter));
    return found == weights_.end() ? nullptr : &found->second;
  }
  const Tensor& stored(const Node& node, const std::string& parameter) const {
    const Tensor* tensor = find(node, parameter);
    if (tensor == nullptr) refuse(node, "a parameter '" + parameter + "' in the other net", "none");
    return *tensor;
  }

  /// Filters [K, C, ...] (dense: [K, positions C]): rows that stay, of their channels those that the input has kept.
  void take_product(NodeId n) {
    const Node& node = graph_.node(n);
    const Tensor& weight = stored(node, "weight");
    const auto& shape = node.parameters[0].shape;
    if (weight.shape.size() != shape.size() || weight.shape[0] < shape[0])
      refuse(node, fmt::format("at least {} filters in the other net", shape[0]), fmt::format("{}", fmt::join(weight.shape, " x ")));
    kept_[n] = weight.shape[0] == shape[0] ? all(shape[0]) : largest(importance(n, weight), shape[0]);
    const Channels inputs = inputs_of(n, weight);
    const std::int64_t area = area_of(shape), of_filter = static_cast<std::int64_t>(weight.values.size()) / weight.shape[0];
    Tensor taken{shape, {}};
    for (const std::int64_t k : kept_[n])
      for (const std::int64_t c : inputs) {
        const auto from = weight.values.begin() + k * of_filter + c * area;
        taken.values.insert(taken.values.end(), from, from + area);
      }
    put(node, "weight", std::move(taken));
    if (node.parameters.size() > 1) put_rows(node, "bias", kept_[n]);
  }

  static std::int64_t area_of(const std::vector<std::int64_t>& shape) { return shape.size() == 4 ? shape[2] * shape[3] : 1; }

  /// Places along a filter's second dimension that stay. A dense layer sees the channels of each position in turn.
  Channels inputs_of(NodeId n, const Tensor& weight) const {
    const Node& node = graph_.node(n);
    const std::int64_t now = node.parameters[0].shape[1], before = weight.shape[1];
    if (now == before) return all(now);
    const Channels& kept = kept_[node.inputs[0]];
    const auto channels = static_cast<std::int64_t>(kept.size());
    const std::int64_t positions = channels > 0 ? now / channels : 0;
    if (positions < 1 || positions * channels != now || before % positions != 0 || kept.back() >= before / positions ||
        (node.parameters[0].shape.size() == 4 && positions != 1))
      refuse(node, fmt::format("an input of {} channels", now), fmt::format("{}", channels));
    Channels inputs;
    for (std::int64_t p = 0; p < positions; ++p)
      for (const std::int64_t c : kept) inputs.push_back(p * (before / positions) + c);
    return inputs;
  }

  std::vector<double> importance(NodeId n, const Tensor& weight) const {
    std::vector<double> sums;
    const std::size_t of_filter = weight.values.size() / static_cast<std::size_t>(weight.shape[0]);
    if (recipe_.shrink == "norm") {
      for (const float gamma : stored(norm_behind(n), "gamma").values) sums.push_back(std::fabs(static_cast<double>(gamma)));
      if (sums.size() == static_cast<std::size_t>(weight.shape[0])) return sums;
      refuse(graph_.node(n), "a norm of as many channels", fmt::format("{}", sums.size()));
    }
    for (auto at = weight.values.begin(); at != weight.values.end(); at += static_cast<std::ptrdiff_t>(of_filter)) {
      double sum = 0;
      for (auto w = at; w != at + static_cast<std::ptrdiff_t>(of_filter); ++w) sum += std::fabs(static_cast<double>(*w));
      sums.push_back(sum);
    }
    return sums;
  }

  const Node& norm_behind(NodeId n) const {
    for (NodeId reader = n + 1; reader <= graph_.last(); ++reader) {
      const Node& node = graph_.node(reader);
      if (node.inputs.size() == 1 && node.inputs[0] == n && dynamic_cast<const layers::BatchNorm*>(node.layer.get()) != nullptr)
        return node;
    }
    refuse(graph_.node(n), "a norm behind it, whose gamma says what stays", "none");
  }

  /// Layers whose channels are those of their inputs.
  void take_channels(NodeId n) {
    const Node& node = graph_.node(n);
    kept_[n] = kept_[node.inputs[0]];
    if (dynamic_cast<const layers::Concat*>(node.layer.get()) != nullptr)
      for (std::size_t i = 1; i < node.inputs.size(); ++i) join(n, node, i);
    if (dynamic_cast<const layers::Add*>(node.layer.get()) != nullptr)
      for (const NodeId input : node.inputs)
        if (kept_[input] != kept_[n]) refuse(node, "inputs that kept the same channels", "different ones");
    for (const layers::ParameterSpec& spec : node.parameters) {
      if (spec.shape == stored(node, spec.name).shape)
        put(node, spec.name, stored(node, spec.name));
      else
        put_rows(node, spec.name, kept_[n]);
    }
  }

  /// An input whose own channels are all there begins behind those that are; one that lost some would need to say how many.
  void join(NodeId n, const Node& node, std::size_t input) {
    const Channels& more = kept_[node.inputs[input]];
    if (kept_[n] != all(static_cast<std::int64_t>(kept_[n].size())) || more != all(static_cast<std::int64_t>(more.size())))
      refuse(node, "joined inputs that kept all channels", "fewer");
    kept_[n] = all(static_cast<std::int64_t>(kept_[n].size() + more.size()));
  }

  void put_rows(const Node& node, const std::string& parameter, const Channels& rows) {
    const Tensor& tensor = stored(node, parameter);
    const auto spec = std::find_if(node.parameters.begin(), node.parameters.end(), [&](const auto& p) { return p.name == parameter; });
    if (tensor.shape.size() != 1 || static_cast<std::int64_t>(rows.size()) != spec->count() || rows.back() >= tensor.shape[0])
      refuse(node, fmt::format("{} values of '{}'", spec->count(), parameter), fmt::format("{} of {}", rows.size(), tensor.values.size()));
    Tensor taken{spec->shape, {}};
    for (const std::int64_t row : rows) taken.values.push_back(tensor.values[static_cast<std::size_t>(row)]);
    put(node, parameter, std::move(taken));
  }

  void put(const Node& node, const std::string& parameter, Tensor tensor) {
    taken_[stored_name(node.name + "/" + parameter)] = std::move(tensor);
  }

  const graph::Graph& graph_;
  const std::map<std::string, Tensor>& weights_;
  const recipes::StartRecipe& recipe_;
  graph::NodeMap<Channels> kept_;
  std::map<std::string, Tensor> taken_;
};

}  // namespace

std::map<std::string, Tensor> shrunken_weights(const graph::Graph& graph, const std::map<std::string, Tensor>& weights,
                                               const recipes::StartRecipe& recipe) {
  return Shrinking(graph, weights, recipe).run();
}

}  // namespace reprise::runs
