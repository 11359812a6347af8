#include "suite/runs/hebbian_forecast.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "suite/control_groups.hpp"
#include "suite/hebbian/feature_phase.hpp"
#include "suite/hebbian/feature_store.hpp"
#include "suite/hebbian/plastic_net.hpp"
#include "suite/hebbian/plastic_phase.hpp"
#include "suite/layers/plastic.hpp"
#include "suite/optimizers/optimizer.hpp"
#include "suite/runs/timed_net.hpp"

namespace reprise::runs {

namespace {

std::int64_t labelled_of(const recipes::Recipe& recipe, const Images& images) {
  return recipe.hebbian.labelled_images > 0 ? std::min(recipe.hebbian.labelled_images, images.train) : images.train;
}

std::int64_t plastic_layers(const graph::Graph& graph) {
  return std::count_if(graph.nodes().begin(), graph.nodes().end(),
                       [](const graph::Node& node) { return dynamic_cast<const layers::PlasticLayer*>(node.layer.get()) != nullptr; });
}

hebbian::PlasticLengths plastic_lengths_of(const recipes::Recipe& recipe, const graph::Graph& graph, const Images& images) {
  return hebbian::plastic_lengths(recipe.hebbian, plastic_layers(graph), images.train);
}

/// Operations of one image up to node `end`: forward, and the change of weights where `learns` says so.
template <typename Learns>
double flops_of(const graph::Graph& graph, graph::NodeId end, Learns learns) {
  double macs = 0;
  for (graph::NodeId n = 1; n < end; ++n) {
    const layers::Cost& cost = graph.node(n).cost;
    macs += static_cast<double>(cost.forward_macs + (learns(n) ? cost.grad_weight_macs : 0));
  }
  return 2 * macs;
}

}  // namespace

Forecast count_hebbian(const recipes::Recipe& recipe, const graph::Graph& graph, const Images& images) {
  const hebbian::PlasticLengths lengths = plastic_lengths_of(recipe, graph, images);
  const std::int64_t classifier_steps = recipes::total_steps(recipe, labelled_of(recipe, images));
  const graph::NodeId features = hebbian::features_node(graph);
  const bool successive = lengths.turns > 1;
  double learning = 0;                            // operations of one image in a step of every phase
  std::int64_t changed = 0, changed_at_once = 0;  // weights of the largest layer and of all
  graph::NodeId last_plastic = 0;
  for (graph::NodeId n = 1; n <= features; ++n) {
    if (dynamic_cast<const layers::PlasticLayer*>(graph.node(n).layer.get()) == nullptr) continue;
    last_plastic = n;
    std::int64_t weights = 0;
    for (const auto& parameter : graph.node(n).parameters) weights += parameter.count();
    changed = std::max(changed, weights);
    changed_at_once += weights;
    if (successive) learning += flops_of(graph, n + 1, [&](graph::NodeId at) { return at == n; });
  }
  if (!successive) learning = flops_of(graph, last_plastic + 1, [](graph::NodeId) { return true; });
  Forecast forecast;
  // Every shard's change goes to all nodes, whole.
  const std::int64_t shards = (recipe.hebbian.batch + recipe.hebbian.shard - 1) / recipe.hebbian.shard;
  if (lengths.steps() > 0) forecast.exchanged_bytes_per_step = 4 * shards * (successive ? changed : changed_at_once);
  forecast.steps = lengths.steps() + classifier_steps;
  forecast.training_flops =
      learning * static_cast<double>(lengths.steps_per_turn * recipe.hebbian.batch) +
      flops_of(graph, features + 1, [](graph::NodeId) { return false; }) * static_cast<double>(labelled_of(recipe, images) + images.test) +
      static_cast<double>(hebbian::classifier_of(graph, features).training_flops()) * static_cast<double>(classifier_steps * recipe.batch);
  forecast.parameters = graph.trained_parameters();
  forecast.disk_bytes = 4 * forecast.parameters * 4 + (std::int64_t{1} << 16);
  return forecast;
}

Forecast forecast_hebbian(const recipes::Recipe& recipe, const graph::Graph& graph, const Images& images, int classes, int threads) {
  constexpr double kSeconds = 0.5;
  Forecast forecast = count_hebbian(recipe, graph, images);
  const hebbian::PlasticLengths lengths = plastic_lengths_of(recipe, graph, images);
  const std::int64_t classifier_steps = recipes::total_steps(recipe, labelled_of(recipe, images));
  const graph::NodeId features = hebbian::features_node(graph);
  const std::int64_t shards = (recipe.hebbian.batch + recipe.hebbian.shard - 1) / recipe.hebbian.shard,
                     cached = labelled_of(recipe, images) + images.test;
  const std::int64_t feature_bytes = hebbian::FeatureStore::bytes(cached, graph.node(features).shape.size(), recipe.hebbian.features);
  // Weights, their packed copy, a change and its shards: a net that would not fit is counted, not timed.
  const std::int64_t net_bytes = forecast.parameters * 4 * (3 + shards), available = available_memory().bytes;
  if (available > 0 && net_bytes > available / 2) {
    forecast.memory_bytes = net_bytes + feature_bytes;
    forecast.seconds = std::numeric_limits<double>::quiet_NaN();
    return forecast;
  }
  const graph::Graph head = hebbian::classifier_of(graph, features);
  parallel::Workers workers(threads);
  graph::Parameters parameters(graph);
  parameters.initialise(1);
  hebbian::PlasticNet net(graph, features, {recipe.precision, recipe.hebbian.batch, std::min(recipe.hebbian.shard, recipe.hebbian.batch)},
                          parameters, workers);
  const MadeUpSamples samples(graph.node(0).shape.size(), classes);

  double learning = 0;  // seconds of one step of every phase
  const std::int64_t phases = lengths.steps() > 0 ? lengths.turns : 0;
  for (int phase = 0; phase < phases; ++phase) {
    const int first = phases > 1 ? phase : 0, last = phases > 1 ? phase : net.layers() - 1;
    net.learn({&samples, recipe.hebbian.batch, 1, 0}, first, last);
    learning += min_seconds(kSeconds, [&] { net.learn({&samples, recipe.hebbian.batch, 1, 0}, first, last); });
  }
  const std::int64_t lot = recipe.hebbian.batch * 2;
  const double feature_seconds = min_seconds(kSeconds, [&] { net.features(samples, lot, [](std::int64_t, std::int64_t, const void*) {}); });

  TimedNet classifier(recipe, head, classes, threads);

  const double epochs =
      std::ceil(static_cast<double>(classifier_steps) / static_cast<double>(recipes::steps_per_epoch(recipe, labelled_of(recipe, images))));
  const double test_batches = static_cast<double>((images.test + recipe.batch - 1) / recipe.batch);
  forecast.seconds = learning * static_cast<double>(lengths.steps_per_turn) +
                     feature_seconds * static_cast<double>(cached) / static_cast<double>(lot) +
                     classifier.train_step_seconds() * static_cast<double>(classifier_steps) +
                     std::min(epochs, static_cast<double>(recipe.evaluations)) * test_batches * classifier.evaluation_seconds();
  forecast.memory_bytes =
      static_cast<std::int64_t>(net.memory_bytes()) + parameters.size() * 4 + classifier.working_bytes() + feature_bytes;
  return forecast;
}

}  // namespace reprise::runs
