#pragma once
// One run of one plan over one batch, by all ranks of a team: the inside of the executor.
//
// The shards of the batch are shared out by rank, the blocks of a block-cut layer likewise. What crosses stages lies in memory
// that a node's ranks share, so between stages they only have to wait for each other; nodes send each other the slices that
// the next stage reads.

#include <functional>
#include <memory>
#include <vector>

#include "suite/execution/executor.hpp"
#include "suite/ranks/gradient_exchange.hpp"
#include "suite/ranks/team.hpp"

namespace reprise::execution {

/// Memory that plans run in; grows to the largest plan it was asked for. Growing is collective.
struct Arenas {
  explicit Arenas(ranks::Team& team_in) : team(team_in) {}

  ranks::Team& team;
  std::vector<Memory> threads;  ///< each rank's own
  Memory batch;                 ///< shared by a node
  std::size_t arena_bytes = 0;  ///< of a thread's arena; its scratch follows
  Memory rows;                  ///< shared: two turns of a few doubles a shard
  std::size_t turn_doubles = 0;
  int turn = 0;
  Memory columns;  ///< shared: outputs of a block-cut layer on their way to other nodes

  void fit(const PreparedNet& net, const Plan& plan, std::size_t scratch, int thread_count);
};

/// What one plan keeps from run to run: buffers of gradients, and their exchange between ranks.
struct PlanBuffers {
  PlanBuffers(const PreparedNet& net, const Plan& plan, ranks::Team& team, int threads);
  std::vector<std::unique_ptr<parallel::BufferPool>> pools;         ///< per stage; null where an exchange has its own
  std::vector<std::unique_ptr<ranks::GradientExchange>> exchanges;  ///< per stage; null where nothing is exchanged
  parallel::BufferPool& pool(std::size_t stage) { return exchanges[stage] ? exchanges[stage]->pool() : *pools[stage]; }
  std::size_t allocated_bytes() const;
};

/// Where results go.
struct Sinks {
  float* gradients = nullptr;        ///< parameter vector layout, shared by a node
  const Readout* readout = nullptr;  ///< each rank fills in the rows of its own shards
  layers::ReluRule relu_rule = layers::ReluRule::gradient;
  float* maps = nullptr;
  double label_smoothing = 0;
  /// Takes rows of the gradient of a block-cut node's parameter as soon as they are complete.
  std::function<void(int parameter, std::int64_t first_row, std::int64_t rows, const float* gradient)> rows_done;
  const float* update_state = nullptr;          ///< laid out as the parameters: what rows_done reads besides them
  std::function<void(double loss)> check_loss;  ///< called once the loss of the batch is known, before any rows_done
};

/// Collective over the arenas' team.
BatchSums run_plan(const PreparedNet& net, const Plan& plan, Arenas& arenas, PlanBuffers& buffers, graph::Parameters& parameters,
                   parallel::Workers& workers, const Batch& batch, layers::Mode mode, const Sinks& sinks);

/// Blocks' rows of `values` (parameter vector layout), which each node has of its own blocks, from every node to all.
void gather_block_rows(const PreparedNet& net, const graph::Parameters& parameters, ranks::Team& team, float* values);

}  // namespace reprise::execution
