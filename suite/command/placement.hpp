#pragma once
// Where the ranks of a job are: what would make it slow or wrong, found in the first second rather than after the night.

#include <string>
#include <vector>

#include "suite/ranks/session.hpp"

namespace reprise::command {

/// What one rank says of itself.
struct RankFacts {
  std::string host, cores;     ///< "0-3,8": the cores that it may use
  std::string answer_version;  ///< all that the answer's bits depend on: kernels' instruction set, oneDNN, code
  int threads = 0;             ///< as asked for; 0: one per core of its share
};

RankFacts facts_of_this_rank(int threads);

struct Placement {
  std::vector<int> threads;           ///< per rank
  std::vector<std::string> warnings;  ///< each with its fix
};

/// Threads of each rank, and what is unwise about where they are: a rank bound to fewer cores than it has threads (mpirun binds
/// one or two ranks to one core each), more threads than cores on a host. Throws InputError if ranks would not compute the same
/// bits: other code, libraries or instruction sets.
Placement place(const std::vector<RankFacts>& ranks);

/// Collects the facts of all ranks, prints the warnings once (rank 0), returns this rank's number of threads. Collective.
int settle_placement(int threads, ranks::Session& session);

}  // namespace reprise::command
