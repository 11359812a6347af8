#pragma once
// What lies in a folder that runs write to: results, checkpoints, locks, streams, and what killed writers left.

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace reprise::records {

/// Something that could not be looked at, and why.
struct Unreadable {
  std::filesystem::path path;
  std::string reason;
};

/// Each list is sorted by path.
struct ResultFolder {
  std::vector<std::filesystem::path> results;      ///< RUN.h5
  std::vector<std::filesystem::path> checkpoints;  ///< RUN.checkpoint, also where only RUN.checkpoint.new or .previous is there
  std::vector<std::filesystem::path> locks;        ///< RUN.lock
  std::vector<std::filesystem::path> streams;      ///< RUN.jsonl
  std::vector<std::filesystem::path> temporaries;  ///< .NAME.PID-N.new of atomic_file.hpp
  std::vector<Unreadable> unreadable;
};

/// The files in `folder` and below, links to folders included, each real folder once. Folders whose name is in `skipped` are not entered.
/// A folder that cannot be read, a link to nowhere or in a circle, and what vanishes meanwhile end nothing: they are `unreadable`.
/// InputError if `folder` is not a folder; `maker` says how to make one.
ResultFolder list_result_folder(const std::filesystem::path& folder, const std::set<std::string>& skipped = {},
                                const std::string& maker = "`reprise run ... --out DIR` creates one");

}  // namespace reprise::records
