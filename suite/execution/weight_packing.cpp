#include "suite/execution/weight_packing.hpp"

namespace reprise::execution {

WeightPacking::WeightPacking(const std::vector<std::unique_ptr<layers::Kernel>>& kernels, const graph::Parameters& parameters) {
  for (std::size_t n = 0; n < kernels.size(); ++n) {
    const auto node = static_cast<graph::NodeId>(n);
    if (kernels[n] != nullptr && !parameters.of_node(node).empty())
      for (std::int64_t part = 0; part < kernels[n]->load_parts(); ++part)
        parts_.push_back({kernels[n].get(), &parameters.node_values(node), part});
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
