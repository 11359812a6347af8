#pragma once
// The parameters of a graph: one contiguous float32 vector of plain master weights, node after node.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "suite/graph/graph.hpp"
#include "suite/ranks/team.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::graph {

/// Where one parameter lies.
struct Parameter {
  NodeId node = 0;
  int index = 0;     ///< among the node's parameters
  std::string name;  ///< "conv1/weight"
  layers::ParameterSpec spec;
  std::int64_t offset = 0;  ///< in floats; a multiple of 16
  std::int64_t count = 0;
  std::int64_t rows() const { return spec.shape.empty() ? 1 : spec.shape[0]; }
  std::int64_t columns() const { return count / rows(); }
};

class Parameters {
 public:
  /// The values lie in memory that the ranks of a node share. Collective.
  explicit Parameters(const Graph& graph, ranks::Team& team = ranks::Team::alone());

  /// Draws initial values, each parameter from the stream of its name: nothing else in the graph changes them. Collective.
  void initialise(std::uint64_t seed);

  const std::vector<Parameter>& list() const { return list_; }
  const Parameter& at(int index) const { return list_[static_cast<std::size_t>(index)]; }
  std::int64_t size() const { return size_; }  ///< floats, padding included
  float* values() { return values_.floats(); }
  const float* values() const { return values_.floats(); }
  float* of(const Parameter& parameter) { return values() + parameter.offset; }
  const float* of(const Parameter& parameter) const { return values() + parameter.offset; }
  /// The parameters of a node, in the layer's order.
  const std::vector<const float*>& node_values(NodeId node) const { return node_values_[node]; }
  /// Indices into list() of a node's parameters.
  const std::vector<int>& of_node(NodeId node) const { return by_node_[node]; }

 private:
  ranks::Team& team_;
  std::vector<Parameter> list_;
  NodeMap<std::vector<int>> by_node_;
  NodeMap<std::vector<const float*>> node_values_;  ///< asked for by every operation of a step
  std::int64_t size_ = 0;
  Memory values_;
};

}  // namespace reprise::graph
