#include "suite/execution/weight_packing.hpp"

namespace reprise::execution {

WeightPacking::WeightPacking(const graph::NodeMap<std::unique_ptr<layers::Kernel>>& kernels, const graph::Parameters& parameters) {
  for (graph::NodeId node = 0; node < kernels.size(); ++node) {
    if (kernels[node] != nullptr && !parameters.of_node(node).empty())
      for (std::int64_t part = 0; part < kernels[node]->load_parts(); ++part)
        parts_.push_back({kernels[node].get(), &parameters.node_values(node), part});
    first_part_.push_back(static_cast<std::int64_t>(parts_.size()));
  }
}

void WeightPacking::run(parallel::Workers& workers, graph::NodeId first, graph::NodeId last) const {
  const std::int64_t begin = first_part_[static_cast<std::size_t>(first)], end = first_part_[static_cast<std::size_t>(last) + 1];
  workers.for_each(end - begin, [&](std::int64_t i, int) {
    const Part& part = parts_[static_cast<std::size_t>(begin + i)];
    part.kernel->load_part(*part.values, part.part);
  });
}

}  // namespace reprise::execution
