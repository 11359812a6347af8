#pragma once

#include <filesystem>
#include <string>

namespace reprise::records {

/// Held while a process is at a run, or at files of a data set: two that write the same checkpoint would find each other's bytes in theirs.
/// It goes with the process, whatever ends that. A file system that knows no locks gives none, and nothing is refused.
class RunLock {
 public:
  /// What the message says of another process that holds it.
  struct Words {
    const char *expected, *found, *fix;
  };
  static constexpr Words kOfRun{"one process at a run", "another that is at this one", "Wait for it, or write elsewhere with --out"};

  /// Locks the file `path`, made if need be. RunError if another process (or another lock of this one) holds it.
  explicit RunLock(const std::filesystem::path& path, const Words& words = kOfRun);
  ~RunLock();

  /// Whether a process holds a lock on the file `path`. Looks without leaving a trace.
  static bool is_held(const std::filesystem::path& path);
  /// "process 4711 on n1 since 2026-03-01T12:30:05Z": what the last holder wrote into the file; "" if it is empty.
  static std::string holder(const std::filesystem::path& path);
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  std::filesystem::path path_;
  int file_ = -1;
};

}  // namespace reprise::records
