#include "suite/runs/forecast.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "datasets/augmentation.hpp"
#include "datasets/clip_stage.hpp"
#include "datasets/corrupted_images.hpp"
#include "datasets/data_entry.hpp"
#include "datasets/sample_shape.hpp"
#include "datasets/test_views.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/evaluations/final_evaluations.hpp"
#include "suite/evaluations/probes.hpp"
#include "suite/procedures/procedure.hpp"
#include "suite/runs/hebbian_forecast.hpp"
#include "suite/runs/run_data.hpp"
#include "suite/runs/scaling.hpp"
#include "suite/runs/timed_net.hpp"
#include "suite/runs/trained_weights.hpp"

namespace reprise::runs {

namespace {

/// Images of a split before a selection; a canvas has as many as the set it is made from.
std::int64_t count_of(const datasets::DatasetEntry& entry, bool train) {
  const auto& source = entry.base.empty() ? entry : datasets::require_entry(entry.base);
  return train ? source.train.count : source.test.count;
}

std::int64_t chosen(std::int64_t selection, std::int64_t all) {
  return selection > 0 ? std::min(selection, all) : all;
}

Forecast counted(const recipes::Recipe& recipe, const graph::Graph& graph, std::int64_t train_images) {
  Forecast forecast;
  forecast.steps = recipes::total_steps(recipe, train_images);
  forecast.training_flops = static_cast<double>(graph.training_flops()) * static_cast<double>(forecast.steps * recipe.batch);
  forecast.parameters = graph.trained_parameters();
  forecast.disk_bytes = 4 * forecast.parameters * 4 + (std::int64_t{1} << 16);
  forecast.exchanged_bytes_per_step = max_exchanged_bytes(graph, recipe);
  return forecast;
}

/// Bytes of the images themselves, and of whitened copies; photographs and frames of videos stay in their files, and an index
/// is kept; clips are made of images when they are asked for.
std::int64_t data_bytes(const recipes::Recipe& recipe, const Images& of, std::int64_t values) {
  constexpr std::int64_t kIndexBytes = 64;
  const std::int64_t images = of.train + of.test;
  const datasets::DatasetEntry& entry = datasets::entry_of(recipe.dataset);
  if (recipe.surrogate.classes > 0)  // the images that patches are from
    return recipe.surrogate.classes * datasets::image_shape(entry, recipe.preprocessing).size();
  const bool stays_in_files = entry.format == datasets::Format::photographs || entry.format == datasets::Format::videos;
  if (stays_in_files && !is_whitened(recipe)) return images * kIndexBytes;
  if (datasets::ClipStage::of(recipe.preprocessing)) values = std::int64_t{entry.height} * entry.width * entry.channels;
  std::int64_t data = images * values;
  if (is_whitened(recipe))
    data += images * values * 2 - of.train * values + values * values * 4;  // half precision in place of bytes; the matrix
  return data;
}

/// Bytes of this process in memory now.
std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * 4096;
}

Images images_of(const recipes::Recipe& recipe, const datasets::DatasetEntry& data_set) {
  if (recipe.surrogate.classes > 0) return {data_set.train.count, data_set.test.count};
  const std::int64_t held_out = recipe.held_out_images;
  return {chosen(recipe.train_images, count_of(data_set, true) - held_out),
          held_out > 0 ? held_out : chosen(recipe.test_images, count_of(data_set, false))};
}

/// Test images of a set of which that many are selected; 0: all.
std::int64_t test_images_of(const datasets::DatasetEntry& entry, std::int64_t selected) {
  if (entry.format == datasets::Format::corrupted && selected > 0) return selected * (entry.test.count / datasets::clean_count(entry));
  return chosen(selected, count_of(entry, false));
}

/// What the evaluations at the end are worth in test passes over one image.
double evaluation_passes(const recipes::Recipe& recipe, const graph::Graph& graph, std::int64_t test_images) {
  double passes = 0;
  for (const recipes::EvaluationRecipe& evaluation : recipe.final_evaluations) {
    const bool is_of_tests = evaluation.dataset.empty();
    const std::int64_t images = is_of_tests ? test_images : test_images_of(datasets::entry_of(evaluation.dataset), evaluation.test_images);
    passes += static_cast<double>(images) * evaluations::passes_of(evaluation, graph.node(0).shape);
  }
  return passes;
}

/// What the probes are worth in test passes over one image.
double probe_passes(const recipes::Recipe& recipe, const graph::Graph& graph) {
  double passes = 0;
  for (const recipes::ProbeRecipe& probe : recipe.probes) {
    const datasets::DatasetEntry& entry = datasets::entry_of(probe.dataset.empty() ? recipe.dataset : probe.dataset);
    const std::int64_t all = count_of(entry, true), learned = probe.labelled * entry.classes() * probe.subsets;
    const std::int64_t images = chosen(learned, all) + chosen(probe.test_images, count_of(entry, false));
    const SampleShape own = datasets::sample_shape(entry, recipe.preprocessing, datasets::crops_among(recipe.augmentation));
    const SampleShape shape = probe.side > 0 ? SampleShape{probe.side, probe.side, own.channels} : own;
    passes += static_cast<double>(images) * static_cast<double>(evaluations::feature_macs(graph, probe, shape)) /
              static_cast<double>(graph.forward_macs());
  }
  return passes;
}

}  // namespace

double step_seconds(const recipes::Recipe& recipe, int threads) {
  if (procedures::of(recipe).has_plastic_phase)
    throw InputError(Complaint{"--shards", "a trial that learns by back-propagation", "procedure hebbian",
                               "Compare whole forecasts: reprise plan with --set hebbian.shard=N"});
  const graph::Graph graph = catalog::build_model(recipe);
  return TimedNet(recipe, graph, catalog::sample_entry(recipe).classes(), threads).train_step_seconds();
}

Forecast count_costs(const recipes::Recipe& recipe) {
  const datasets::DatasetEntry data_set = catalog::sample_entry(recipe);
  const graph::Graph graph = catalog::build_model(recipe);
  if (procedures::of(recipe).has_plastic_phase) return count_hebbian(recipe, graph, images_of(recipe, data_set));
  return counted(recipe, graph, images_of(recipe, data_set).train);
}

Forecast forecast(const recipes::Recipe& recipe, int threads) {
  const datasets::DatasetEntry data_set = catalog::sample_entry(recipe);
  const auto [train_images, test_images] = images_of(recipe, data_set);
  const graph::Graph graph = catalog::build_model(recipe);
  const std::int64_t before = resident_bytes(),
                     data = data_bytes(recipe, {train_images, test_images}, datasets::image_shape(data_set, recipe.preprocessing).size());
  if (procedures::of(recipe).has_plastic_phase) {
    Forecast forecast = forecast_hebbian(recipe, graph, {train_images, test_images}, data_set.classes(), threads);
    forecast.memory_bytes += before + data;
    return forecast;
  }
  TimedNet timed(recipe, graph, data_set.classes(), threads);

  const std::int64_t steps_per_epoch = recipes::steps_per_epoch(recipe, train_images);
  Forecast forecast = counted(recipe, graph, train_images);
  const double epochs = static_cast<double>(forecast.steps) / static_cast<double>(steps_per_epoch);
  const double evaluations = std::max(1.0, std::min(static_cast<double>(recipe.evaluations), std::ceil(epochs)));
  const double test_batches = static_cast<double>((test_images + recipe.batch - 1) / recipe.batch);
  const auto views = static_cast<double>(datasets::count_test_views(recipe.test_views));
  forecast.seconds =
      static_cast<double>(forecast.steps) * timed.train_step_seconds() + evaluations * views * test_batches * timed.evaluation_seconds();
  forecast.seconds += (evaluation_passes(recipe, graph, test_images) + probe_passes(recipe, graph)) / static_cast<double>(recipe.batch) *
                      timed.evaluation_seconds();
  if (!recipe.teacher.trial.empty()) {
    recipes::Recipe other = recipe_of_teacher(recipe);
    other.batch = recipe.batch, other.shard = recipe.shard, other.precision = recipe.precision;
    const graph::Graph teacher = catalog::build_model(other, graph.node(0).shape, data_set.classes());
    TimedNet timed_teacher(other, teacher, data_set.classes(), threads);
    forecast.seconds += static_cast<double>(forecast.steps) * timed_teacher.evaluation_seconds();
    forecast.memory_bytes += timed_teacher.working_bytes();
  }

  forecast.memory_bytes += before + data + timed.working_bytes();
  return forecast;
}

}  // namespace reprise::runs
