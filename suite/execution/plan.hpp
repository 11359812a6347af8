#pragma once
// From a graph to stages: what every thread does for every shard, in which order, and where in memory.
//
// A plan is a list of stages. A *shard stage* is a list of operations that one thread runs for one shard, depth-first, all
// shards in any order. Between shard stages stand the places where samples meet: a *finish stage* of a layer that couples
// samples (its statistics, summed along the shard tree), or a *partition stage* of a layer that is cut by output features.
// A buffer used inside one stage only lives in the thread's arena and is reused by the next shard; a buffer that crosses
// stages lives in the batch arena, one slice a shard, [shards, samples, ...] contiguous, which is also what partition stages read.

#include <cstdint>
#include <memory>
#include <vector>

#include "suite/execution/prepared_net.hpp"

namespace reprise::execution {

using BufferId = int;
constexpr BufferId kNoBuffer = -1;

struct Buffer {
  std::size_t bytes = 0;  ///< of one shard; of all shards if `whole`
  bool whole = false;     ///< not sliced by shard
  bool crosses_stages = false;
  int first_stage = -1, last_stage = -1;
  int first_position = -1, last_position = -1;
  BufferId alias_of = kNoBuffer;  ///< shares memory with that buffer
  std::int64_t pitch = 0;         ///< channels from one position to the next, where that is more than it holds
  std::size_t offset = 0;         ///< in the thread arena, or in the batch arena
};

struct Operation {
  enum class Kind { fetch, channel_sums, statistics, forward, loss, gate, seed_gradient, grad_statistics, backward, sum_blocks };
  Kind kind = Kind::forward;
  graph::NodeId node = 0;
  int head = 0;  ///< of a loss or a gate: which of the net's
  std::vector<BufferId> inputs;
  BufferId output = kNoBuffer;
  BufferId grad_output = kNoBuffer;
  std::vector<BufferId> grad_inputs;  ///< where the layer writes; kNoBuffer where not wanted
  std::vector<BufferId> accumulate;   ///< per input: grad_inputs[i] is added to this afterwards; kNoBuffer: no
  BufferId saved = kNoBuffer;
  std::size_t sums_at = 0;  ///< of sums and statistics: where they stand in the stage's row of doubles
};

struct Stage {
  enum class Kind { shards, finish_forward, finish_backward, blocks_forward, blocks_backward };
  Kind kind = Kind::shards;
  graph::NodeId node = 0;                                                                        ///< of finish and partition stages
  std::vector<Operation> operations;                                                             ///< of shard stages
  BufferId input = kNoBuffer, output = kNoBuffer, grad_output = kNoBuffer, partial = kNoBuffer;  ///< of partition stages
  std::size_t sums = 0;                        ///< doubles a shard that this shard stage gathers
  std::vector<graph::NodeId> parts;            ///< of a finish_forward: the nodes whose channel sums are its sums; none: the stage's
  std::vector<int> gradients;                  ///< parameters whose gradients this shard stage sums
  std::vector<std::int64_t> gradient_offsets;  ///< of each, in floats
  std::int64_t gradient_floats = 0;
};

struct PlanOptions {
  enum class Purpose {
    train,  ///< forward, losses of all heads, backward
    infer,  ///< forward as far as the main head needs it, its loss and predictions
    maps,   ///< forward to `map_node`, backward from it to the input; no parameter gradients
  };
  Purpose purpose = Purpose::train;
  graph::NodeId map_node = -1;
};

struct Plan {
  Plan(const PreparedNet& net, const PlanOptions& options);

  PlanOptions options;
  std::vector<Stage> stages;
  std::vector<Buffer> buffers;
  const Buffer& buffer(BufferId id) const { return buffers[static_cast<std::size_t>(id)]; }
  graph::NodeMap<BufferId> values;      ///< forward buffer of each node, kNoBuffer if not computed
  BufferId input_gradient = kNoBuffer;  ///< of maps
  std::size_t thread_arena_bytes = 0;
  std::size_t batch_arena_bytes = 0;
  std::size_t scratch_bytes = 0;
};

}  // namespace reprise::execution
