#pragma once
// The same net, read at another node.

#include <string>

#include "suite/graph/graph.hpp"

namespace reprise::graph {

/// What node `output` needs, with the same names and parameters, ending there (softmax cross-entropy, as of a net without heads). Throws
/// InputError listing the nodes when there is none of that name.
Graph with_output(const Graph& net, const std::string& output);

}  // namespace reprise::graph
