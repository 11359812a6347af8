#pragma once
// What a model's options make of it, in a few words: nodes, their shapes, their settings.

#include <algorithm>
#include <stdexcept>

#include "suite/layers/conv2d.hpp"
#include "suite/layers/dense.hpp"
#include "suite/models/model.hpp"

namespace reprise::experiments {

using graph::Graph;
using recipes::Options;
using Strings = std::vector<std::string>;
using Numbers = std::vector<double>;

inline const SampleShape kColour{32, 32, 3};

struct Setting {
  const char* key;
  Options::Value value;
};

/// A model of a paper, for ten classes. An option that no builder asks for fails.
inline Graph net(const std::string& paper, const std::string& model, const std::vector<Setting>& settings = {},
                 const SampleShape& input = kColour) {
  Options options;
  for (const Setting& setting : settings) options.set(setting.key, setting.value);
  for (const models::PaperEntry& row : models::papers())
    for (const models::Model& candidate : row.models())
      if (row.slug == paper && candidate.name == model) {
        Graph graph = candidate.build(options, input, 10);
        options.check_all_used(model);
        return graph;
      }
  throw std::invalid_argument(paper + "/" + model);
}

inline const layers::Layer& layer_of(const Graph& graph, const std::string& node) {
  return *graph.node(graph.find(node)).layer;
}
template <class Layer>
auto options_of(const Graph& graph, const std::string& node) {
  return dynamic_cast<const Layer&>(layer_of(graph, node)).options();
}
inline const layers::ParameterSpec& parameter_of(const Graph& graph, const std::string& node, std::size_t index = 0) {
  return graph.node(graph.find(node)).parameters.at(index);
}
inline std::string input_of(const Graph& graph, const std::string& node, std::size_t index = 0) {
  return graph.node(graph.node(graph.find(node)).inputs.at(index)).name;
}
inline bool has(const Graph& graph, const std::string& name) {
  for (const graph::Node& node : graph.nodes())
    if (node.name == name) return true;
  return false;
}

/// Kinds in order, without the input and those that are left out.
inline Strings kinds_of(const Graph& graph, const Strings& left_out = {}) {
  Strings kinds;
  for (const graph::Node& node : graph.nodes()) {
    if (!node.layer) continue;
    const std::string kind(node.layer->kind());
    if (std::find(left_out.begin(), left_out.end(), kind) == left_out.end()) kinds.push_back(kind);
  }
  return kinds;
}

/// "5x5 c96 /2 +2": filter, channels, stride and padding where they are not 1 and 0; "pool" for a pooling.
inline Strings products_of(const Graph& graph) {
  Strings texts;
  for (const graph::Node& node : graph.nodes()) {
    if (!node.layer) continue;
    if (const auto* conv = dynamic_cast<const layers::Conv2d*>(node.layer.get())) {
      const auto& o = conv->options();
      std::string text = std::to_string(o.filter_size) + "x" + std::to_string(o.filter_size) + " c" + std::to_string(o.filters);
      if (o.stride != 1) text += " /" + std::to_string(o.stride);
      if (o.padding != 0) text += " +" + std::to_string(o.padding);
      texts.push_back(text);
    } else if (const auto* dense = dynamic_cast<const layers::Dense*>(node.layer.get())) {
      texts.push_back(std::to_string(dense->options().features));
    } else if (node.layer->kind().find("pool") != std::string_view::npos) {
      texts.push_back("pool");
    }
  }
  return texts;
}

}  // namespace reprise::experiments
