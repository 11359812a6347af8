#pragma once
// Counters of what a training step of one shard keeps in memory, read off its plan: the same on every machine.

#include <cstddef>

#include "suite/execution/plan.hpp"

namespace reprise::execution {

/// Bytes of one shard.
struct ActivationMemory {
  std::size_t saved = 0;    ///< values and saved state that were written before the loss and are read after it
  std::size_t peak = 0;     ///< the most that is alive at once, gradients included
  std::size_t scratch = 0;  ///< what a layer needs while it runs: the largest of all layers
};

/// Of a plan for training. Shares of input gradients that belong to the whole batch (layers cut into partitions) are left out.
ActivationMemory activation_memory(const Plan& plan);

}  // namespace reprise::execution
