#pragma once
// How many samples a shard should have: a model of what a training step costs, and the size it recommends.
//
// The model knows nothing of the machine it runs on. The cut into shards decides the order of sums and so the last bits of an
// answer, so a recommendation must be the same everywhere; it is written into the recipe as a number.

#include <cstdint>
#include <set>
#include <vector>

#include "suite/graph/graph.hpp"

namespace reprise::execution {

class ShardModel {
 public:
  /// Of the nodes first to last (0: to the end), whose inputs must lie before them.
  ShardModel(const graph::Graph& graph, Precision precision, graph::NodeId first = 1, graph::NodeId last = 0);

  /// Seconds of one training step on `workers` cores like those that the model's constants were fitted to: only ratios mean
  /// anything elsewhere. 1 <= shard <= batch.
  double step_seconds(std::int64_t batch, std::int64_t shard, int workers) const;

  /// The size from 1 to min(batch, 64) whose step is fastest, the geometric mean over 1, 2, 4, 8 and 16 workers.
  std::int64_t choose(std::int64_t batch) const;

  /// Sizes worth a comparison: powers of two up to 64, what `choose` gives, and `recorded`.
  std::set<std::int64_t> candidates(std::int64_t batch, std::int64_t recorded) const;

 private:
  struct Cost {
    double flops = 0;          ///< of a training sample
    double touched_bytes = 0;  ///< of a sample: input and output, what must fit a core's own cache at once
    double moved_bytes = 0;    ///< of a sample: what all passes read and write
  };
  double shard_seconds(std::int64_t shard) const;

  Precision precision_;
  std::vector<Cost> sharded_;  ///< a node each
  double weight_bytes_ = 0;    ///< read and written once a shard: packed weights, gradients and their sums
  double block_flops_ = 0;     ///< of a sample, in layers that are cut by output features
};

}  // namespace reprise::execution
