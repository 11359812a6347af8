#include "suite/runs/timed_net.hpp"

#include <algorithm>

#include "suite/training/backprop_phase.hpp"

namespace reprise::runs {

namespace {

/// oneDNN's kernels and tables, measured on the catalog's nets.
constexpr std::int64_t kGeneratedCode = 16 << 20;

}  // namespace

void MadeUpSamples::fetch(std::int64_t slot, float* output) const {
  for (std::int64_t i = 0; i < size_; ++i) output[i] = static_cast<float>((slot * 31 + i * 7) % 13) * 0.07f;
}

TimedNet::TimedNet(const recipes::Recipe& recipe, const graph::Graph& graph, int classes, int threads)
    : batch_(recipe.batch),
      shard_(std::min(recipe.shard, recipe.batch)),
      workers_(threads),
      parameters_(graph),
      samples_(graph.node(0).shape.size(), classes) {
  parameters_.initialise(1);
  executor_ = std::make_unique<execution::Executor>(graph, training::executor_options(recipe), parameters_, workers_);
  optimizer_ = std::make_unique<optimizers::Optimizer>(recipe.optimizer, parameters_);
  terms_ = optimizer_->terms(0, 1);
  terms_.scale_rates(0);  // made-up labels must not make the loss diverge
}

template <typename Call>
double TimedNet::seconds_of_batch(const Call& call) {
  constexpr double kSeconds = 0.5;
  const std::int64_t wave = threads(), waves = (shards() + wave - 1) / wave;
  const auto of = [&](std::int64_t shards) { return [&, shards] { call(first(shards)); }; };
  of(wave)();
  const double once = min_seconds(0, of(wave));
  if (waves <= 2 || once * static_cast<double>(waves) < kSeconds) return min_seconds(kSeconds, of(shards()));
  of(2 * wave)();  // memory is there from now on
  const double one = std::min(once, min_seconds(kSeconds / 4, of(wave))), two = min_seconds(kSeconds / 4, of(2 * wave));
  return one + static_cast<double>(waves - 1) * std::max(0.0, two - one);
}

double TimedNet::train_step_seconds() {
  return seconds_of_batch([&](const execution::Batch& batch) { train(batch); });
}

double TimedNet::evaluation_seconds() {
  return seconds_of_batch([&](const execution::Batch& batch) { executor_->evaluate(batch, layers::Mode::infer); });
}

double TimedNet::train_step_seconds(std::int64_t shards, double seconds) {
  return min_seconds(seconds, [&] { train(first(shards)); });
}

std::int64_t TimedNet::working_bytes() const {
  return static_cast<std::int64_t>(executor_->memory().total()) +
         parameters_.size() * 4 * static_cast<std::int64_t>(1 + optimizer_->state().size()) + kGeneratedCode;
}

}  // namespace reprise::runs
