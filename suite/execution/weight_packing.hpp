#pragma once
// Weights of all nodes into the formats of the prepared layers, by several threads at once.

#include <cstdint>
#include <memory>
#include <vector>

#include "suite/graph/parameters.hpp"
#include "suite/layers/layer.hpp"
#include "suite/parallel/workers.hpp"

namespace reprise::execution {

class WeightPacking {
 public:
  WeightPacking() = default;
  /// `prepared` is null where a node has none. Both must outlive this.
  WeightPacking(const graph::NodeMap<std::unique_ptr<layers::PreparedLayer>>& prepared, const graph::Parameters& parameters);

  void run(parallel::Workers& workers) const { run(workers, 0, static_cast<graph::NodeId>(first_part_.size()) - 2); }
  /// Nodes first to last alone.
  void run(parallel::Workers& workers, graph::NodeId first, graph::NodeId last) const;

 private:
  /// What one thread packs at a time.
  struct Part {
    layers::PreparedLayer* prepared;
    const std::vector<const float*>* values;
    std::int64_t part;
  };
  std::vector<Part> parts_;
  std::vector<std::int64_t> first_part_{0};  ///< by node, and the end
};

}  // namespace reprise::execution
