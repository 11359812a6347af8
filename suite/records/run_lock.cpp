#include "suite/records/run_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <thread>

#include "suite/clock.hpp"
#include "suite/errors.hpp"
#include "suite/records/disk_calls.hpp"

namespace reprise::records {

namespace {

/// Whether `file` is still what stands at `path`: its last holder may have removed it between our opening and our locking.
bool is_at(int file, const std::filesystem::path& path) {
  struct stat opened = {}, there = {};
  return ::fstat(file, &opened) == 0 && ::stat(path.c_str(), &there) == 0 && opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
}

/// 0, or the errno of the last attempt. is_held() of another process may have the lock for a moment.
int lock_with_patience(int file) {
  constexpr int kAttempts = 5;
  for (int attempt = 1;; ++attempt) {
    if (disk::lock(file) == 0) return 0;
    const int error = errno;
    if (error != EWOULDBLOCK || attempt == kAttempts) return error;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

/// For those who find the lock; nothing rests on it.
void write_holder(int file) {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  const std::string text = fmt::format("process {} on {} since {}\n", ::getpid(), host, utc_text());
  if (::ftruncate(file, 0) == 0) [[maybe_unused]]
    const ssize_t written = ::pwrite(file, text.data(), text.size(), 0);
}

}  // namespace

bool RunLock::is_held(const std::filesystem::path& path) {
  const disk::Descriptor file(disk::open(path, O_RDONLY | O_NONBLOCK));
  return file >= 0 && ::flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

std::string RunLock::holder(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

RunLock::RunLock(const std::filesystem::path& path, const Words& words) : path_(path) {
  while (true) {
    file_ = disk::open(path, O_RDWR | O_CREAT);
    if (file_ < 0) return;  // what cannot be written here fails where it is written, with its own message
    const int error = lock_with_patience(file_);
    if (error == EWOULDBLOCK) {
      disk::close(file_);
      const std::string who = holder(path);
      throw RunError(
          Complaint{path.string(), words.expected, who.empty() ? words.found : fmt::format("{} ({})", words.found, who), words.fix});
    }
    if (error == 0 && is_at(file_, path)) write_holder(file_);
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
