#pragma once
// The weights of a net for one of the same nodes whose weights share values.

#include <map>
#include <string>

#include "suite/graph/graph.hpp"
#include "suite/records/run_record.hpp"

namespace reprise::runs {

/// `weights`, and for each node of clustered weights (layers/clustered_weights.hpp) whose weight stands there the codebook and the clusters
/// that it falls into (layers/weight_clusters.hpp). Throws InputError where the weight has another shape.
std::map<std::string, records::Tensor> clustered_start(const graph::Graph& graph, std::map<std::string, records::Tensor> weights);

}  // namespace reprise::runs
