#pragma once
// Training steps of a catalog net on random images: a step costs the same on any pixels.

#include <memory>
#include <vector>

#include "datasets/sample_source.hpp"
#include "suite/execution/executor.hpp"
#include "suite/parallel/workers.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::bench {

/// A catalog net and a batch of random images for it.
struct MadeUpData {
  MadeUpData(const recipes::Recipe& recipe, std::int64_t count);
  std::shared_ptr<const datasets::ImageSet> images;
  datasets::SampleSource source;
  graph::Graph graph;
};

class MadeUpTraining {
 public:
  /// Collective over the team.
  MadeUpTraining(const recipes::Recipe& recipe, int threads, ranks::Team& team = ranks::Team::alone());
  ~MadeUpTraining();
  void step();
  double flops_per_step() const;
  /// Loss and errors of the batch with dropout off and running statistics.
  void evaluate();
  double flops_per_evaluation() const;
  const graph::Graph& graph() const;
  const graph::Parameters& parameters() const;
  /// The batch without augmentation, [batch, H, W, C], and what the net makes of it with dropout off and running statistics, [batch, K].
  std::vector<float> images() const;
  std::vector<float> outputs();
  /// Activations, packed weights and gradients of the executor.
  std::size_t memory_bytes() const;
  int stages() const;  ///< of a step
  /// Seconds of a stage in which nothing is computed: threads begin and end their shards, ranks wait for each other. Median.
  double empty_stage_seconds();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reprise::bench
