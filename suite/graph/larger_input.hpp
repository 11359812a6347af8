#pragma once
// The same net over a larger input.

#include <cstdint>
#include <vector>

#include "suite/graph/graph.hpp"
#include "suite/graph/parameters.hpp"

namespace reprise::graph {

/// What the main head needs, over a larger input, with the same names and parameters. A dense layer becomes a convolution with filters as
/// large as its input was, so that it is computed at every place where that fits; the maps of classes that come out are averaged over their
/// places. Over an input of the old size it computes what the net does. Sermanet et al. 2014 (arXiv 1312.6229), section 3.3; Simonyan &
/// Zisserman 2015 (arXiv 1409.1556), section 3.2.
///
/// Throws InputError for a smaller input, for a dense layer that reads maps that are not square, for a layer with as many parameters as
/// places, and for a net whose output is not one vector.
Graph over_larger_input(const Graph& net, const SampleShape& input);

/// What `ends` need over a larger input, as above, but without a head.
struct LargerNet {
  Graph graph;
  std::vector<NodeId> ends;  ///< the nodes that were asked for
};
LargerNet nodes_over_larger_input(const Graph& net, const SampleShape& input, const std::vector<NodeId>& ends);

/// The same with one vector as its output: the values of `ends`, one node after the other. Of maps the largest value in each of n x n
/// parts, for each n of `parts` one after the other, or each value for n = 0; a map of one place is not taken apart. Throws InputError
/// where a map is smaller than its parts.
Graph features_over_larger_input(const Graph& net, const SampleShape& input, const std::vector<NodeId>& ends,
                                 const std::vector<std::int64_t>& parts);

/// The values of a net's parameters into those of the same net over a larger input. Collective over the team of `to`.
void copy_to_larger_input(const Parameters& from, Parameters& to, ranks::Team& team = ranks::Team::alone());

}  // namespace reprise::graph
