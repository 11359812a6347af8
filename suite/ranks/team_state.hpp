#pragma once
// The inside of a team; for the sources of suite/ranks only.

#ifdef REPRISE_HAS_MPI
#include <mpi.h>
#endif

#include <optional>
#include <string>
#include <vector>

#include "suite/ranks/node_window.hpp"
#include "suite/ranks/team.hpp"

namespace reprise::ranks {

#ifndef REPRISE_HAS_MPI

struct Team::State {};

#else

struct Team::State {
  int rank = 0, size = 1, node = 0, nodes = 1, local_rank = 0, local_size = 1;
  std::vector<Range> node_ranks{{0, 1}};  ///< positions of each node's ranks
  std::vector<std::string> names;         ///< per position
  double watchdog_seconds = 600;
  bool has_mpi = false;
  MPI_Comm comm = MPI_COMM_NULL;  ///< ranks are positions
  MPI_Comm node_comm = MPI_COMM_NULL;
  MPI_Comm last_comm = MPI_COMM_NULL;  ///< for all_arrive, where nothing else is ever open
  Memory cells;
  std::optional<NodeBarrier> barrier;
  int memories = 0;  ///< made so far, for their names

  /// Waits for a request while time passes; throws RunError when it takes too long.
  void wait(MPI_Request& request, const char* what) const;
  [[noreturn]] void complain(const std::vector<int>& missing, const char* what) const;
};

/// Waits for a request, politely; false after `seconds` (0: for ever).
bool completes_within(MPI_Request& request, double seconds);

#endif

}  // namespace reprise::ranks
