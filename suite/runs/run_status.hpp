#pragma once
// What has become of the runs of a folder: the work of `reprise status`.

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "suite/records/result_folder.hpp"

namespace reprise::runs {

enum class RunState {
  finished,     ///< there is a result
  running,      ///< its lock is held, or another host wrote to its stream in the last minutes
  interrupted,  ///< the command that began it goes on from its checkpoint
  diverged,     ///< there is a record of that; it is not repeated
  failed,       ///< it ended with an error, and has no result
  stale,        ///< no run of today's catalog and code would go on from it
};
const char* name_of(RunState state);

struct RunStatus {
  RunState state = RunState::finished;
  std::string paper, trial, scale, run_id;
  std::int64_t seed = 0;
  bool is_forced = false;            ///< it repeats one that has a result
  std::vector<std::string> by_hand;  ///< "dataset=mnist", of its recipe
  std::filesystem::path file;        ///< result, else checkpoint, else stream, else lock
  std::string host, since_utc;       ///< where it runs or ran last; "" if nothing says so
  std::int64_t pid = 0;
  std::int64_t step = 0, steps = 0;
  double share = -1, epoch = -1, seconds_left = -1;  ///< of its phase; below 0: not known
  double seconds_since_sign = -1;                    ///< since its last sign of life
  std::string why;                                   ///< of a diverged, failed or stale one

  std::string name() const;     ///< "dropout/relu, smoke, seed 1, dataset=mnist"
  std::string how_far() const;  ///< "42 %, epoch 3.2, step 4200 of 10000"
  /// The command that goes on with it, or "".
  std::string command(const std::filesystem::path& out) const;
};

/// A file that nothing will read again, and why.
struct Orphan {
  std::filesystem::path file;
  std::string why;
  std::int64_t bytes = 0;
};

struct FolderStatus {
  std::vector<RunStatus> runs;  ///< by paper, trial, scale, recipe, seed
  std::vector<Orphan> orphans;
  std::vector<records::Unreadable> unreadable;  ///< damaged results among them
};

/// Whether result files are opened, or taken for finished runs without a name.
enum class Results { read, counted };

/// Looks at results, checkpoints, locks and streams in `folder` and below, but for folders whose name is in `skipped`; changes nothing.
/// Throws InputError if it is no folder.
FolderStatus status_of(const std::filesystem::path& folder, Results results = Results::read, const std::set<std::string>& skipped = {});

}  // namespace reprise::runs
