#pragma once
// One run of one plan over one batch, by all ranks of a team: stage after stage, and the sums over all shards between them.
//
// The shards of the batch are shared out by rank, the partitions of a partitioned layer likewise. What crosses stages lies in memory
// that a node's ranks share, so between stages they only have to wait for each other; nodes send each other the slices that
// the next stage reads. What a shard does: shard_operations.hpp; what layers cut by output features do: partition_stages.hpp.

#include <memory>
#include <vector>

#include "suite/execution/run_context.hpp"
#include "suite/ranks/gradient_exchange.hpp"

namespace reprise::execution {

/// What one plan keeps from run to run: buffers of gradients, and their exchange between ranks.
struct PlanBuffers {
  PlanBuffers(const PreparedNet& net, const Plan& plan, ranks::Team& team, int threads);
  std::vector<std::unique_ptr<parallel::BufferPool>> pools;         ///< per stage; null where an exchange has its own
  std::vector<std::unique_ptr<ranks::GradientExchange>> exchanges;  ///< per stage; null where nothing is exchanged
  parallel::BufferPool& pool(std::size_t stage) { return exchanges[stage] ? exchanges[stage]->pool() : *pools[stage]; }
  std::size_t allocated_bytes() const;
};

/// Collective over the arenas' team.
BatchSums run_plan(const PreparedNet& net, const Plan& plan, Arenas& arenas, PlanBuffers& buffers, graph::Parameters& parameters,
                   parallel::Workers& workers, const Batch& batch, layers::Mode mode, const Sinks& sinks);

}  // namespace reprise::execution
