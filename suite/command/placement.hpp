#pragma once
// Hosts and cores of a job's ranks: checks at the start what would make the job slow or wrong.

#include <string>
#include <vector>

#include "suite/ranks/session.hpp"

namespace reprise::command {

/// What one rank reports about itself.
struct RankFacts {
  std::string host, cores;     ///< "0-3,8": the cores that it may use
  std::string answer_version;  ///< everything that the bits of results depend on: instruction set, oneDNN, code
  int threads = 0;             ///< as requested; 0: one per core of its share
};

RankFacts facts_of_this_rank(int threads);

struct Placement {
  std::vector<int> threads;           ///< per rank
  std::vector<std::string> warnings;  ///< each with its fix
};

/// Threads of each rank, and warnings: a rank bound to fewer cores than it has threads (mpirun binds one or two ranks to one core each),
/// more threads than cores on a host. Throws InputError if ranks would not compute the same bits because code, libraries or instruction
/// sets differ.
Placement place(const std::vector<RankFacts>& ranks);

/// Collects the facts of all ranks, prints the warnings once (rank 0), returns this rank's number of threads. Collective.
int settle_placement(int threads, ranks::Session& session);

}  // namespace reprise::command
