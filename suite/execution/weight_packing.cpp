#include "suite/execution/weight_packing.hpp"

namespace reprise::execution {

WeightPacking::WeightPacking(const graph::NodeMap<std::unique_ptr<layers::PreparedLayer>>& prepared, const graph::Parameters& parameters) {
  for (graph::NodeId node = 0; node < prepared.size(); ++node) {
    if (prepared[node] != nullptr && !parameters.of_node(node).empty())
      for (std::int64_t part = 0; part < prepared[node]->load_parts(); ++part)
        parts_.push_back({prepared[node].get(), &parameters.node_values(node), part});
    first_part_.push_back(static_cast<std::int64_t>(parts_.size()));
  }
}

void WeightPacking::run(parallel::Workers& workers, graph::NodeId first, graph::NodeId last) const {
  const std::int64_t begin = first_part_[static_cast<std::size_t>(first)], end = first_part_[static_cast<std::size_t>(last) + 1];
  workers.for_each(end - begin, [&](std::int64_t i, int) {
    const Part& part = parts_[static_cast<std::size_t>(begin + i)];
    part.prepared->load_part(*part.values, part.part);
  });
}

}  // namespace reprise::execution
