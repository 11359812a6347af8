#include "suite/runs/clustered_start.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/errors.hpp"
#include "suite/layers/clustered_weights.hpp"
#include "suite/layers/weight_clusters.hpp"
#include "suite/runs/trained_weights.hpp"

namespace reprise::runs {

std::map<std::string, records::Tensor> clustered_start(const graph::Graph& graph, std::map<std::string, records::Tensor> weights) {
  for (graph::NodeId n = 1; n <= graph.last(); ++n) {
    const graph::Node& node = graph.node(n);
    const auto* clustered = dynamic_cast<const layers::ClusteredWeights*>(node.layer.get());
    if (clustered == nullptr) continue;
    const auto weight = weights.find(stored_name(node.name + "/weight"));
    if (weight == weights.end()) continue;
    for (const layers::ParameterSpec& spec : node.parameters)
      if (spec.name == "cluster" && spec.shape != weight->second.shape)
        throw InputError(Complaint{fmt::format("start of node '{}', whose weights are clustered", node.name),
                                   fmt::format("a weight of shape [{}] in the other net", fmt::join(spec.shape, ", ")),
                                   fmt::format("[{}]", fmt::join(weight->second.shape, ", ")), "Start from a net of the same widths"});
    layers::WeightClusters clusters = layers::weight_clusters(weight->second.values, clustered->options().values);
    weights[stored_name(node.name + "/codebook")] = {{clustered->options().values}, std::move(clusters.codebook)};
    weights[stored_name(node.name + "/cluster")] = {weight->second.shape, {clusters.cluster.begin(), clusters.cluster.end()}};
  }
  return weights;
}

}  // namespace reprise::runs
