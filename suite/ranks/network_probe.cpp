#include "suite/ranks/network_probe.hpp"

#include <algorithm>
#include <vector>

#include "suite/clock.hpp"

namespace reprise::ranks {

namespace {

/// Seconds of each of `rounds` exchanges of `bytes` per rank; the first ones, which open connections, are left out.
double median_seconds(Team& team, std::size_t bytes_of_a_rank, int rounds) {
  constexpr int kWarmUp = 3;
  const Memory memory = team.memory(bytes_of_a_rank * static_cast<std::size_t>(team.size()));
  std::vector<double> seconds;
  for (int i = 0; i < kWarmUp + rounds; ++i) {
    const double begun = now_seconds();
    team.gather(memory.data(), bytes_of_a_rank, team.size(), "probe of the network");
    if (i >= kWarmUp) seconds.push_back(now_seconds() - begun);
  }
  std::nth_element(seconds.begin(), seconds.begin() + rounds / 2, seconds.end());
  return seconds[static_cast<std::size_t>(rounds / 2)];
}

}  // namespace

NetworkProbe probe_network(Team& team) {
  constexpr std::size_t kPayload = std::size_t{4} << 20;  // of a rank: longer than any buffer on the way
  NetworkProbe probe;
  probe.round_seconds = median_seconds(team, 1, 101);
  const double whole = median_seconds(team, kPayload, 9);
  const auto sent = static_cast<double>(kPayload) * static_cast<double>(team.ranks_of(team.node()).count()) * (team.nodes() - 1);
  probe.bytes_per_second = sent / std::max(whole - probe.round_seconds, 1e-9);
  team.broadcast(&probe, sizeof probe, "probe of the network");
  return probe;
}

}  // namespace reprise::ranks
