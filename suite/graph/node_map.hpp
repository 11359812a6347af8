#pragma once
// A value for each node of a graph.

#include <cstddef>
#include <vector>

namespace reprise::graph {

using NodeId = int;

template <class T>
class NodeMap {
 public:
  using Values = std::vector<T>;

  NodeMap() = default;
  explicit NodeMap(std::size_t nodes) : values_(nodes) {}
  NodeMap(std::size_t nodes, const T& value) : values_(nodes, value) {}

  typename Values::reference operator[](NodeId node) { return values_[static_cast<std::size_t>(node)]; }
  typename Values::const_reference operator[](NodeId node) const { return values_[static_cast<std::size_t>(node)]; }
  NodeId size() const { return static_cast<NodeId>(values_.size()); }
  auto begin() { return values_.begin(); }
  auto end() { return values_.end(); }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

 private:
  Values values_;
};

}  // namespace reprise::graph
