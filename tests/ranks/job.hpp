#pragma once
// `reprise run` under mpirun, as a process of its own that a test can watch, stop and kill.

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "suite/clock.hpp"
#include "tests/support/temporary_folder.hpp"

namespace reprise::ranks {

using Folder = tests::TemporaryFolder;

class Job {
 public:
  /// Starts `command` (a program and its arguments) in a session of its own; output and errors go to files in `folder`.
  Job(const std::vector<std::string>& command, const std::filesystem::path& folder);
  ~Job();  ///< kills what is left
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  /// Waits for its end; its exit code (128 + signal if killed), or -1 if it still runs after so many seconds.
  int wait(double seconds);
  bool running();
  /// Processes of reprise itself (not mpirun) that this job started, lowest rank first as far as the system tells.
  std::vector<pid_t> ranks() const;
  void signal(int number) const;  ///< to mpirun
  /// Kills every process of the job; none is left afterwards.
  void kill_everything();
  /// True once reprise has said that all of its ranks are up: from then on a killed rank ends the job, before that it is up to mpirun.
  bool up() const;
  std::string output() const;
  std::string errors() const;

 private:
  std::filesystem::path folder_;
  std::string mark_;  ///< in the environment of all of its processes
  pid_t process_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

/// mpirun -n RANKS reprise run ... --threads THREADS --out OUT; without mpirun for ranks 0.
std::vector<std::string> reprise_run(int ranks, int threads, const std::filesystem::path& out, const std::vector<std::string>& arguments);

/// Arguments of a run of a trial on 200 images of a data set.
std::vector<std::string> small_run(const std::string& target, const std::string& set, std::vector<std::string> more);

/// The trials that these tests run: small nets that take a second or two.
const std::vector<std::vector<std::string>>& small_runs();

/// True if a checkpoint below `out` was written at `since` or later.
bool wrote_checkpoint(const std::filesystem::path& out, std::filesystem::file_time_type since);

/// Digests of what must not depend on the layout in the result files below `out`, sorted; "" if there is none.
std::string result_digest(const std::filesystem::path& out);

void sleep_seconds(double seconds);

}  // namespace reprise::ranks
