#include "suite/graph/other_output.hpp"

#include <vector>

namespace reprise::graph {

Graph with_output(const Graph& net, const std::string& output) {
  const NodeId end = net.find(output);
  const NodeMap<bool> needed = net.needed_by({end});
  NodeMap<NodeId> ids(net.nodes().size(), 0);
  Graph branch(net.node(0).shape);
  for (NodeId n = 1; n <= end; ++n) {
    if (!needed[n]) continue;
    std::vector<NodeId> inputs;
    for (const NodeId input : net.node(n).inputs) inputs.push_back(ids[input]);
    ids[n] = branch.add(net.node(n).name, net.node(n).layer, inputs);
  }
  return branch;
}

}  // namespace reprise::graph
