#include "suite/records/run_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "suite/errors.hpp"

namespace reprise::records {

namespace {

/// Whether `file` is still what stands at `path`: its last holder may have removed it between our opening and our locking.
bool is_at(int file, const std::filesystem::path& path) {
  struct stat opened = {}, there = {};
  return ::fstat(file, &opened) == 0 && ::stat(path.c_str(), &there) == 0 && opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& path) : path_(path) {
  while (true) {
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file_ < 0) return;  // what cannot be written here fails where it is written, with its own message
    int error = 0;
    while (::flock(file_, LOCK_EX | LOCK_NB) != 0 && (error = errno) == EINTR) error = 0;
    if (error == EWOULDBLOCK) {
      ::close(file_);
      throw RunError(Complaint{path.string(), "one process at a run", "another that is at this one", "Wait for it, or write elsewhere with --out"});
    }
    if (error != 0 || is_at(file_, path)) return;
    ::close(file_);
  }
}

RunLock::~RunLock() {
  if (file_ < 0) return;
  ::unlink(path_.c_str());
  ::close(file_);
}

}  // namespace reprise::records
