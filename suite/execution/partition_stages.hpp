#pragma once
// Layers cut by output features: between the stages of shards, partitions are computed for the whole global batch.

#include "suite/execution/run_context.hpp"

namespace reprise::execution {

/// Collective.
void forward_blocks(const RunContext& context, const Stage& stage);
/// Collective. Rows of the gradients of parameters go to Sinks::rows_done.
void backward_blocks(const RunContext& context, const Stage& stage);

/// Before backward_blocks: shards that this (last, smaller) batch does not have must add nothing, neither gradients of the batch before
/// nor 0 times a stale NaN.
void clear_missing_rows(const RunContext& context, const Stage& stage);

/// An operation of a shard: rows of grad_input = sum over partitions of the partial gradients, along a binary tree over the partition
/// index.
void sum_blocks(const RunContext& context, const Operation& operation, int shard, int thread);

/// Partitions' rows of `values` (parameter vector layout), which each node has of its own partitions, from every node to all. Collective.
void gather_block_rows(const PreparedNet& net, const graph::Parameters& parameters, ranks::Team& team, float* values);

}  // namespace reprise::execution
