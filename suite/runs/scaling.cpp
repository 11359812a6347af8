#include "suite/runs/scaling.hpp"
#include "suite/procedures/procedure.hpp"

#include <algorithm>

#include "datasets/data_entry.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/ranks/network_probe.hpp"
#include "suite/runs/timed_net.hpp"

namespace reprise::runs {

namespace {

std::int64_t waves(std::int64_t shards, int threads) {
  return (shards + threads - 1) / threads;
}

/// Bytes that all nodes must see of layers cut by output features: their input, output, gradient of the output and shares of the
/// input's gradient.
void count_exchange(const graph::Graph& graph, const recipes::Recipe& recipe, StepCosts& costs) {
  const auto width = static_cast<std::int64_t>(bytes_of(recipe.precision));
  for (const graph::Node& node : graph.nodes()) {
    if (!node.layer) continue;
    std::vector<SampleShape> inputs;
    for (const graph::NodeId input : node.inputs) inputs.push_back(graph.node(input).shape);
    const std::int64_t blocks = node.layer->output_partitions(inputs);
    if (blocks > 0) {
      costs.activation_bytes += recipe.batch * (width * (inputs[0].size() + 2 * node.shape.size()) + 4 * blocks * inputs[0].size());
      costs.meetings += 2;
      continue;
    }
    for (const auto& parameter : node.parameters)
      if (parameter.trains) costs.gradient_bytes += 4 * parameter.count();
    if (node.layer->couples_samples()) costs.meetings += 2;
  }
}

}  // namespace

std::int64_t max_exchanged_bytes(const graph::Graph& graph, const recipes::Recipe& recipe) {
  StepCosts costs;
  count_exchange(graph, recipe, costs);
  return 2 * costs.gradient_bytes + costs.activation_bytes;
}

StepCosts measure_step_costs(const recipes::Recipe& recipe, int threads) {
  if (procedures::of(recipe).has_plastic_phase)
    throw InputError(Complaint{"--nodes", "a trial that learns by back-propagation: its step is what the model of costs is made of",
                               "procedure hebbian", "Measure a run on your nodes instead"});
  const graph::Graph graph = catalog::build_model(recipe);
  TimedNet net(recipe, graph, catalog::sample_entry(recipe).classes(), threads);
  StepCosts costs;
  costs.shards = net.shards();
  costs.threads = net.threads();
  count_exchange(graph, recipe, costs);
  const std::int64_t half = std::max<std::int64_t>(1, costs.shards / 2);
  const double whole = net.train_step_seconds(costs.shards, 1.0), part = net.train_step_seconds(half, 1.0);
  const auto more = static_cast<double>(waves(costs.shards, costs.threads) - waves(half, costs.threads));
  costs.wave_seconds = more > 0 ? std::max(0.0, (whole - part) / more) : whole / static_cast<double>(waves(costs.shards, costs.threads));
  costs.fixed_seconds = std::max(0.0, whole - costs.wave_seconds * static_cast<double>(waves(costs.shards, costs.threads)));
  return costs;
}

Network measured_network(ranks::Team& team) {
  const ranks::NetworkProbe probe = ranks::probe_network(team);
  Network network;
  network.latency_seconds = std::max(0.0, probe.round_seconds - network.message_seconds * (team.nodes() - 1));
  network.bytes_per_second = probe.bytes_per_second;
  return network;
}

StepForecast forecast_step(const StepCosts& costs, int nodes, const Network& network) {
  StepForecast forecast{.nodes = nodes};
  const std::int64_t shards = (costs.shards + nodes - 1) / nodes;
  forecast.computing = costs.fixed_seconds + costs.wave_seconds * static_cast<double>(waves(shards, costs.threads));
  if (nodes == 1) return forecast;
  const double others = nodes - 1, share = others / nodes;
  const double round = network.latency_seconds + others * network.message_seconds;  // a message to each other node, under way at once
  forecast.exchanging =
      (2 + costs.meetings) * round +
      (2.0 * static_cast<double>(costs.gradient_bytes) + static_cast<double>(costs.activation_bytes)) * share / network.bytes_per_second;
  return forecast;
}

StepForecast forecast_step_here(const StepCosts& costs, int ranks, int cores) {
  const std::int64_t shards = (costs.shards + ranks - 1) / ranks;
  // Ranks that have no shard of their own do not slow the others down.
  const auto at_work =
      static_cast<double>(std::min<std::int64_t>(ranks, costs.shards)) * static_cast<double>(std::min<std::int64_t>(costs.threads, shards));
  const double turns = std::max(1.0, at_work / cores);
  return {.nodes = 1,
          .computing = costs.fixed_seconds + turns * costs.wave_seconds * static_cast<double>(waves(shards, costs.threads)),
          .exchanging = 0};
}

}  // namespace reprise::runs
