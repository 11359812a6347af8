#pragma once
// Concatenations that grow in one place.

#include "suite/graph/graph.hpp"

namespace reprise::execution {

/// Of a concatenation that belongs to a chain, each of which extends the one before (its first input), the last one of that chain; -1 of
/// every other node. The values of a chain are the first channels of the rows of its last one, and so are their gradients. That takes
/// readers of rows that are wider than what they read, all of them before the concatenation that extends it, so that its gradient is there
/// before theirs are added. `ends` are read by something else: a head, or whoever wants a map.
graph::NodeMap<graph::NodeId> growing_chains(const graph::Graph& graph, const graph::NodeMap<bool>& needed,
                                             const std::vector<graph::NodeId>& ends);

}  // namespace reprise::execution
