#pragma once

#include <filesystem>

namespace reprise::records {

/// Held while a process is at a run: two that write the same checkpoint would find each other's bytes in theirs. It goes with the
/// process, whatever ends that. A file system that knows no locks gives none, and nothing is refused.
class RunLock {
 public:
  /// Locks the file `path`, made if need be. RunError if another process (or another lock of this one) holds it.
  explicit RunLock(const std::filesystem::path& path);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  std::filesystem::path path_;
  int file_ = -1;
};

}  // namespace reprise::records
