#pragma once
// How long a training step takes on many nodes: a model of computation and exchange, calibrated on this machine in seconds.
//
//   computation   a node has ceil(S / N) of the S shards; its threads take them in waves: time = fixed + waves x wave
//   exchange      reduce-scatter and all-gather of the gradients between nodes, messages sent directly; activations of layers cut
//                 by output features; a meeting for each sum that all shards need (loss, batch norm)
//
// `fixed` and `wave` come from two measured steps, one on the whole batch and one on half of it. Nothing is hidden behind the
// computation, so the model is on the slow side for nets of many segments. Legend: N nodes, S shards.

#include <cstdint>
#include <vector>

#include "suite/graph/graph.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::ranks {
class Team;
}

namespace reprise::runs {

/// Between nodes. The defaults are assumptions; ranks/network_probe.hpp measures what is there.
struct Network {
  double latency_seconds = 20e-6;
  double bytes_per_second = 1.25e9;  ///< 10 Gbit/s
  double message_seconds = 2e-6;     ///< a node's own time for one message
};

/// What a step of one net is made of.
struct StepCosts {
  std::int64_t shards = 1;
  int threads = 1;                    ///< of a node
  double fixed_seconds = 0;           ///< update, packing, barriers
  double wave_seconds = 0;            ///< a shard on each thread
  std::int64_t gradient_bytes = 0;    ///< summed over shards, so exchanged
  std::int64_t activation_bytes = 0;  ///< of the whole batch, into and out of layers cut by output features
  int meetings = 1;                   ///< sums over all shards in one step
};

/// Parts of one step, in seconds.
struct StepForecast {
  int nodes = 1;
  double computing = 0, exchanging = 0;
  double seconds() const { return computing + exchanging; }
};

/// What each node sends in a step of a net trained by back-propagation, if there are enough nodes that nearly all of its sums go to others:
/// gradients out and sums back, and its part of the activations of layers cut by output features.
std::int64_t max_exchanged_bytes(const graph::Graph& graph, const recipes::Recipe& recipe);

/// Of the nodes of this team, measured in a second or two. Collective. Precondition: team.nodes() > 1.
Network measured_network(ranks::Team& team);

/// Measures for about two seconds. Throws InputError for procedure "hebbian".
StepCosts measure_step_costs(const recipes::Recipe& recipe, int threads);

StepForecast forecast_step(const StepCosts& costs, int nodes, const Network& network);

/// The same for `ranks` ranks of costs.threads threads on one machine of `cores` cores, where exchange is a matter of memory and
/// counted as part of `fixed`. More threads than cores take turns.
StepForecast forecast_step_here(const StepCosts& costs, int ranks, int cores);

}  // namespace reprise::runs
