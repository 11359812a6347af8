#pragma once
// The digests that a run keeps of itself, so that an execution elsewhere can be told equal, or where it first differs.

#include <string>
#include <vector>

#include "suite/graph/parameters.hpp"
#include "suite/records/checkpoint.hpp"
#include "suite/records/run_record.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::training {

/// XXH3-128 over all parameters, running statistics included, in the graph's order.
std::string weight_digest(const graph::Parameters& parameters);

class RunDigests {
 public:
  /// After step `step` of `total_steps`: chains what the step measured to all before it, and notes the chain about 200 times a run.
  void add_step(std::int64_t step, std::int64_t total_steps, double loss, std::int64_t errors);
  /// At a row of the history: weights, each layer's weights, optimizer state (0 slots: none).
  void add_row(const graph::Parameters& parameters, const std::vector<const Memory*>& optimizer_state);

  void save_to(records::Checkpoint& checkpoint) const;
  /// Throws InputError if the checkpoint has no such digests.
  void restore_from(const records::Checkpoint& checkpoint);
  void write_to(records::RunRecord& record, const graph::Graph& graph, const graph::Parameters& parameters) const;

 private:
  std::vector<std::string> weights_;
  records::Trace trace_;
  std::int64_t chain_ = 0;
};

}  // namespace reprise::training
