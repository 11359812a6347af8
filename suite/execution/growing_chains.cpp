#include "suite/execution/growing_chains.hpp"

#include <algorithm>

namespace reprise::execution {

namespace {

bool joins(const graph::Graph& graph, graph::NodeId n) {
  return n > 0 && graph.node(n).layer->joins_channels();
}

/// Whether the last of `readers`, in the order of the graph, extends the concatenation that they read, and the others can read wide rows.
bool is_extended(const graph::Graph& graph, graph::NodeId concatenation, const std::vector<graph::NodeId>& readers) {
  if (readers.empty() || !joins(graph, readers.back())) return false;
  const std::vector<graph::NodeId>& joined = graph.node(readers.back()).inputs;
  if (joined.front() != concatenation || std::count(joined.begin(), joined.end(), concatenation) != 1) return false;
  return std::all_of(readers.begin(), readers.end() - 1, [&](graph::NodeId reader) {
    return graph.node(reader).inputs.size() == 1 && graph.node(reader).layer->reads_wide_rows();
  });
}

}  // namespace

graph::NodeMap<graph::NodeId> growing_chains(const graph::Graph& graph, const graph::NodeMap<bool>& needed,
                                             const std::vector<graph::NodeId>& ends) {
  const std::size_t nodes = graph.nodes().size();
  graph::NodeMap<std::vector<graph::NodeId>> readers(nodes);
  for (graph::NodeId n = 1; n <= graph.last(); ++n)
    if (needed[n])
      for (const graph::NodeId input : graph.node(n).inputs) readers[input].push_back(n);
  graph::NodeMap<graph::NodeId> chain(nodes, -1);
  for (graph::NodeId n = graph.last(); n >= 1; --n) {
    if (!needed[n] || !joins(graph, n) || !is_extended(graph, n, readers[n])) continue;
    if (std::find(ends.begin(), ends.end(), n) != ends.end()) continue;
    const graph::NodeId next = readers[n].back();
    if (chain[next] < 0) chain[next] = next;
    chain[n] = chain[next];
  }
  return chain;
}

}  // namespace reprise::execution
