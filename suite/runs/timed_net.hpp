#pragma once
// A recipe's net whose steps are timed on made-up samples; what forecasts are made from. Private to this folder.

#include <algorithm>
#include <cstdint>
#include <memory>

#include "suite/clock.hpp"
#include "suite/execution/executor.hpp"
#include "suite/optimizers/optimizer.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::runs {

/// The least time of `call`, repeated for `seconds`.
template <typename Call>
double min_seconds(double seconds, Call call) {
  double least = 1e30;
  const double started = now_seconds();
  do {
    const double begun = now_seconds();
    call();
    const double taken = now_seconds() - begun;
    least = taken < least ? taken : least;
  } while (now_seconds() - started < seconds);
  return least;
}

/// A step costs the same on any numbers.
class MadeUpSamples : public execution::BatchReader {
 public:
  MadeUpSamples(std::int64_t size, int classes) : size_(size), classes_(classes) {}
  void fetch(std::int64_t slot, float* output) const override;
  std::int32_t label(std::int64_t slot) const override { return static_cast<std::int32_t>(slot % classes_); }

 private:
  std::int64_t size_;
  int classes_;
};

/// A net, its optimizer and samples that cost what real ones do. Trains and evaluates in batches of the recipe's, on `graph` (which must
/// outlive it): the recipe's own, or the classifier of a Hebbian net.
class TimedNet {
 public:
  TimedNet(const recipes::Recipe& recipe, const graph::Graph& graph, int classes, int threads);

  std::int64_t shards() const { return (batch_ + shard_ - 1) / shard_; }
  int threads() const { return workers_.threads(); }

  /// Seconds of one batch, the least of half a second's; of a batch that takes longer, from one and two waves of its shards.
  double train_step_seconds();
  double evaluation_seconds();
  /// Seconds of a training step on the first `shards` shards, the minimum over about `seconds` of measurement.
  double train_step_seconds(std::int64_t shards, double seconds);

  /// Arenas, weights, optimizer state, gradients, generated code.
  std::int64_t working_bytes() const;

 private:
  execution::Batch first(std::int64_t shards) const { return {&samples_, std::min(batch_, shards * shard_), 1, 0}; }
  void train(const execution::Batch& batch) { executor_->train_step(batch, *optimizer_, terms_); }
  template <typename Call>
  double seconds_of_batch(const Call& call);

  std::int64_t batch_, shard_;
  parallel::Workers workers_;
  graph::Parameters parameters_;
  MadeUpSamples samples_;
  std::unique_ptr<execution::Executor> executor_;
  std::unique_ptr<optimizers::Optimizer> optimizer_;
  optimizers::StepTerms terms_{};
};

}  // namespace reprise::runs
