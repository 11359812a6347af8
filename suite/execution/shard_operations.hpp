#pragma once
// The operations of one shard of a stage, one after another, on one thread.

#include <span>

#include "suite/execution/run_context.hpp"

namespace reprise::execution {

class ShardOperations {
 public:
  explicit ShardOperations(const RunContext& context) : context_(context) {}

  /// `grad_parameters` of a backward operation: where the gradients of the node's trained parameters go; empty: not wanted.
  /// An exception of a library below gets step, layer and samples added.
  void run(const Operation& operation, int shard, int thread, std::span<float* const> grad_parameters) const;

 private:
  void run_unnamed(const Operation& operation, int shard, int thread, std::span<float* const> grad_parameters) const;
  void fetch(const Operation& operation, int shard, int thread) const;
  void channel_sums(const Operation& operation, int shard, int thread) const;
  void forward(const Operation& operation, int shard, int thread) const;
  void backward(const Operation& operation, int shard, int thread, std::span<float* const> trained) const;
  void loss(const Operation& operation, int shard, int thread) const;
  void gate(const Operation& operation, int shard, int thread) const;
  void seed_gradient(const Operation& operation, int shard, int thread) const;
  std::int64_t pitch_of(BufferId id) const { return id == kNoBuffer ? 0 : context_.plan.buffer(id).pitch; }
  const float* coupled_of(graph::NodeId n) const { return context_.coupled[n].empty() ? nullptr : context_.coupled[n].data(); }

  const RunContext& context_;
};

}  // namespace reprise::execution
