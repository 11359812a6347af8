#pragma once
// This process among the ranks of one mpirun (or srun). A build without MPI, and a start without mpirun, is one rank.

#include <memory>
#include <string>
#include <vector>

#include "suite/ranks/team.hpp"

namespace reprise::ranks {

/// Whether a launcher (mpirun, srun with PMIx) started this process, be it as the only rank.
bool launched_by_mpi();

/// One per process, made early and destroyed last; starts MPI if launched_by_mpi(). Throws RunError for an MPI library
/// without MPI_THREAD_MULTIPLE, and InputError for tasks of srun that MPI does not see (each would run everything on its own). A build
/// without MPI throws InputError for a launcher, unless it says that this is the only rank.
class Session {
 public:
  Session();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  int rank() const;
  int size() const;

  /// The ranks that name the same group become one team. Collective over the session. Throws InputError for a team of more than 1024
  /// ranks on one node.
  std::unique_ptr<Team> team(int group);

  /// Everybody's text, by rank. Collective over the session.
  std::vector<std::string> gather(const std::string& mine);

  /// Hands out the numbers 0, 1, 2, ... one by one, to whoever asks first; served by rank 0 in the background. Start it on all
  /// ranks (collective), then any rank may take; it ends with the session or with stop_counter (collective).
  void start_counter();
  std::int64_t take_from_counter();
  void stop_counter();

  /// Ends the whole job with this code, at once. Does not return.
  [[noreturn]] void abort(int code);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Name of this host.
std::string host_name();

}  // namespace reprise::ranks
