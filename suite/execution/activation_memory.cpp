#include "suite/execution/activation_memory.hpp"

#include <algorithm>
#include <map>

namespace reprise::execution {

namespace {

/// The position of the loss: its gradient is written there first.
int loss_position(const Plan& plan) {
  for (const Stage& stage : plan.stages)
    for (const Operation& operation : stage.operations)
      if (operation.kind == Operation::Kind::loss && operation.grad_output != kNoBuffer)
        return plan.buffer(operation.grad_output).first_position;
  return -1;
}

}  // namespace

ActivationMemory activation_memory(const Plan& plan) {
  ActivationMemory memory;
  memory.scratch = plan.scratch_bytes;
  const int loss = loss_position(plan);
  std::map<int, std::ptrdiff_t> changes;  // of the bytes alive, by position
  for (const Buffer& buffer : plan.buffers) {
    if (buffer.alias_of != kNoBuffer || buffer.first_position < 0 || buffer.whole) continue;
    if (buffer.first_position < loss && buffer.last_position > loss) memory.saved += buffer.bytes;
    changes[buffer.first_position] += static_cast<std::ptrdiff_t>(buffer.bytes);
    changes[buffer.last_position + 1] -= static_cast<std::ptrdiff_t>(buffer.bytes);
  }
  std::ptrdiff_t alive = 0;
  for (const auto& [position, change] : changes) {
    alive += change;
    memory.peak = std::max(memory.peak, static_cast<std::size_t>(alive));
  }
  return memory;
}

}  // namespace reprise::execution
