#pragma once
// What the network between the nodes of a team can do, measured in a second or two with the exchange that training uses.

#include "suite/ranks/team.hpp"

namespace reprise::ranks {

struct NetworkProbe {
  double round_seconds = 0;     ///< median time of an exchange of a byte between all nodes
  double bytes_per_second = 0;  ///< that a node sends while all send to all, and receive as much
};

/// Collective. Precondition: team.nodes() > 1. The answer is the same on all ranks.
NetworkProbe probe_network(Team& team);

}  // namespace reprise::ranks
