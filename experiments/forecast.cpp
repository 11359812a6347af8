// Forecast of a run: steps of the very net on made-up samples, or some waves of their shards, timed for about a second.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <memory>

#include "datasets/manifest.hpp"
#include "experiments/catalog.hpp"
#include "experiments/forecast_parts.hpp"
#include "experiments/runner.hpp"
#include "suite/errors.hpp"
#include "suite/graph/executor.hpp"

namespace reprise::experiments {

namespace {

/// Images of a split before a selection; a canvas has as many as the set it is made from.
std::int64_t count_of(const datasets::DatasetEntry& entry, bool train) {
  const auto& source = entry.base.empty() ? entry : datasets::require_entry(entry.base);
  return train ? source.train.count : source.test.count;
}

std::int64_t chosen(std::int64_t selection, std::int64_t all) { return selection > 0 ? std::min(selection, all) : all; }

/// A net, its optimizer and samples that cost what real ones do.
class TimedNet {
 public:
  TimedNet(const training::Recipe& recipe, const graph::Graph& graph, int classes, int threads)
      : batch_(recipe.batch), workers_(threads), parameters_(graph), samples_(graph.node(0).shape.size(), classes), shard_(std::min(recipe.shard, recipe.batch)) {
    parameters_.initialise(1);
    graph::ExecutorOptions options{.net = {.precision = recipe.precision, .batch = recipe.batch, .shard = shard_},
                                   .target_is_input = recipe.procedure == "autoencoder", .label_smoothing = recipe.label_smoothing};
    executor_ = std::make_unique<graph::Executor>(graph, options, parameters_, workers_);
    optimizer_ = std::make_unique<optimizers::Optimizer>(recipe.optimizer, parameters_);
    terms_ = optimizer_->terms(0, 1);
    terms_.rate = 0;  // made-up labels must not make the loss diverge
  }

  double train_step_seconds() {
    return seconds_of_batch([&](const graph::Batch& batch) { executor_->train_step(batch, *optimizer_, terms_); });
  }
  double evaluation_seconds() {
    return seconds_of_batch([&](const graph::Batch& batch) { executor_->evaluate(batch, layers::Mode::infer); });
  }
  /// Arenas, weights, optimizer state, gradients, generated code.
  std::int64_t working_bytes() const {
    return static_cast<std::int64_t>(executor_->memory().total()) + parameters_.size() * 4 * static_cast<std::int64_t>(1 + optimizer_->state().size()) + kGeneratedCode;
  }

 private:
  /// Half a second of whole batches. Where one would take longer, one and two waves of shards tell: all waves cost the same.
  template <typename Call>
  double seconds_of_batch(const Call& call) {
    constexpr double kSeconds = 0.5;
    const std::int64_t wave = shard_ * workers_.threads(), waves = (batch_ + wave - 1) / wave;
    const auto of = [&](std::int64_t images) { return [&, images] { call(graph::Batch{&samples_, std::min(batch_, images), 1, 0}); }; };
    of(wave)();
    const double one = least_seconds(0, of(wave));
    if (waves <= 2 || one * static_cast<double>(waves) < kSeconds) return least_seconds(kSeconds, of(batch_));
    of(2 * wave)();  // memory is there from now on
    const double first = std::min(one, least_seconds(kSeconds / 4, of(wave))), both = least_seconds(kSeconds / 4, of(2 * wave));
    return first + static_cast<double>(waves - 1) * std::max(0.0, both - first);
  }

  std::int64_t batch_;
  parallel::Workers workers_;
  graph::Parameters parameters_;
  MadeUpSamples samples_;
  std::int64_t shard_;
  std::unique_ptr<graph::Executor> executor_;
  std::unique_ptr<optimizers::Optimizer> optimizer_;
  kernels::UpdateTerms terms_{};
};

Forecast counted(const training::Recipe& recipe, const graph::Graph& graph, std::int64_t train_images) {
  Forecast forecast;
  forecast.steps = training::total_steps(recipe, train_images);
  forecast.training_flops = static_cast<double>(graph.training_flops()) * static_cast<double>(forecast.steps * recipe.batch);
  forecast.parameters = graph.trained_parameters();
  forecast.disk_bytes = 4 * forecast.parameters * 4 + (std::int64_t{1} << 16);
  return forecast;
}

/// Bytes of the images themselves, and of whitened copies.
std::int64_t data_bytes(const training::Recipe& recipe, const Images& of, std::int64_t values) {
  const std::int64_t images = of.train + of.test;
  std::int64_t data = images * values;
  for (const std::string& stage : recipe.preprocessing)
    if (stage.starts_with("zca")) data += images * values * 2 - of.train * values + values * values * 4;  // half precision in place of bytes; the matrix
  return data;
}

}  // namespace

double now_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * 4096;
}

void MadeUpSamples::fetch(std::int64_t slot, float* output) const {
  for (std::int64_t i = 0; i < size_; ++i) output[i] = static_cast<float>((slot * 31 + i * 7) % 13) * 0.07f;
}

Images images_of(const training::Recipe& recipe, const datasets::DatasetEntry& data_set) {
  const std::int64_t held_out = recipe.held_out_images;
  return {chosen(recipe.train_images, count_of(data_set, true) - held_out), held_out > 0 ? held_out : chosen(recipe.test_images, count_of(data_set, false))};
}

double step_seconds(const training::Recipe& recipe, int threads) {
  if (recipe.procedure == "hebbian")
    throw InputError(Complaint{"--shards", "a trial that learns by back-propagation", "procedure hebbian", "Compare whole forecasts: reprise plan with --set hebbian.shard=N"});
  const graph::Graph graph = build_model(recipe);
  return TimedNet(recipe, graph, datasets::require_entry(recipe.dataset).classes(), threads).train_step_seconds();
}

Forecast count_costs(const training::Recipe& recipe) {
  const datasets::DatasetEntry& data_set = datasets::require_entry(recipe.dataset);
  const graph::Graph graph = build_model(recipe);
  if (recipe.procedure == "hebbian") return count_hebbian(recipe, graph, images_of(recipe, data_set));
  return counted(recipe, graph, images_of(recipe, data_set).train);
}

Forecast forecast(const training::Recipe& recipe, int threads) {
  const datasets::DatasetEntry& data_set = datasets::require_entry(recipe.dataset);
  const auto [train_images, test_images] = images_of(recipe, data_set);
  const graph::Graph graph = build_model(recipe);
  const std::int64_t before = resident_bytes(), data = data_bytes(recipe, {train_images, test_images}, graph.node(0).shape.size());
  if (recipe.procedure == "hebbian") {
    Forecast forecast = forecast_hebbian(recipe, graph, {train_images, test_images}, data_set.classes(), threads);
    forecast.memory_bytes += before + data;
    return forecast;
  }
  TimedNet timed(recipe, graph, data_set.classes(), threads);

  const std::int64_t steps_per_epoch = training::steps_per_epoch(recipe, train_images);
  Forecast forecast = counted(recipe, graph, train_images);
  const double epochs = static_cast<double>(forecast.steps) / static_cast<double>(steps_per_epoch);
  const double evaluations = std::max(1.0, std::min(static_cast<double>(recipe.evaluations), std::ceil(epochs)));
  const double test_batches = static_cast<double>((test_images + recipe.batch - 1) / recipe.batch);
  forecast.seconds = static_cast<double>(forecast.steps) * timed.train_step_seconds() + evaluations * test_batches * timed.evaluation_seconds();

  forecast.memory_bytes = before + data + timed.working_bytes();
  return forecast;
}

}  // namespace reprise::experiments
