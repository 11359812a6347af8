#pragma once
// A net that was trained before, from whose scores of classes another one learns.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "suite/execution/executor.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::training {

/// Sees the samples of a batch as the net that learns sees them, augmented and mixed, in inference: without dropout, norms with their
/// running statistics. Where samples are mixed inside a net, its own are not. Holds no state but its weights, so that a checkpoint needs
/// nothing of it.
class Teacher {
 public:
  /// `recipe`: of the net that learns, whose batches, shards and precision it computes in. `weights` overwrites all of its parameters.
  /// Throws InputError for a net that does not guess labels. Collective.
  Teacher(graph::Graph graph, const recipes::Recipe& recipe, const std::function<void(graph::Parameters&)>& weights,
          parallel::Workers& workers, ranks::Team& team = ranks::Team::alone());

  /// [count, K] of the batch, until the next call. Collective.
  const std::vector<float>& scores(const execution::Batch& batch);

  std::int64_t classes() const { return graph_.node(graph_.output()).shape.size(); }
  /// Floating-point operations of one sample.
  std::int64_t flops() const { return 2 * graph_.forward_macs(); }

 private:
  graph::Graph graph_;
  graph::Parameters parameters_;
  std::unique_ptr<execution::Executor> executor_;
  std::vector<float> scores_;
};

}  // namespace reprise::training
