#include "suite/records/run_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "suite/errors.hpp"
#include "suite/records/disk_calls.hpp"

namespace reprise::records {

namespace {

/// Whether `file` is still what stands at `path`: its last holder may have removed it between our opening and our locking.
bool is_at(int file, const std::filesystem::path& path) {
  struct stat opened = {}, there = {};
  return ::fstat(file, &opened) == 0 && ::stat(path.c_str(), &there) == 0 && opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& path, const Words& words) : path_(path) {
  while (true) {
    file_ = disk::open(path, O_RDWR | O_CREAT);
    if (file_ < 0) return;  // what cannot be written here fails where it is written, with its own message
    const int error = disk::lock(file_) == 0 ? 0 : errno;
    if (error == EWOULDBLOCK) {
      disk::close(file_);
      throw RunError(Complaint{path.string(), words.expected, words.found, words.fix});
    }
    if (error != 0 || is_at(file_, path)) return;
    disk::close(file_);
  }
}

RunLock::~RunLock() {
  if (file_ < 0) return;
  if (is_at(file_, path_)) disk::remove(path_);
  disk::close(file_);
}

}  // namespace reprise::records
