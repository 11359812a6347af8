#include "suite/records/disk_calls.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

namespace reprise::records::disk {

namespace {

std::atomic<Witness*> admitted{nullptr};

constexpr std::size_t kMaxBytes = std::size_t{1} << 30;  // Linux takes a little less than 2 GiB at a time

/// Makes a call as the witness rules, and again while signals interrupt it. `make` is given how many bytes to move at most.
template <typename Make>
auto made(Call call, Make make) -> decltype(make(std::size_t{})) {
  Witness* const witness = admitted.load(std::memory_order_relaxed);
  if (witness == nullptr) {
    auto result = make(kMaxBytes);
    while (result < 0 && errno == EINTR && call != Call::close) result = make(kMaxBytes);
    return result;
  }
  const Ruling ruling = witness->before(call);
  const std::size_t most = std::clamp<std::size_t>(ruling.max_bytes, 1, kMaxBytes);
  auto result = ruling.error == 0 || call == Call::close ? make(most) : -1;  // a close that fails has closed nevertheless
  if (ruling.error != 0) {
    result = -1;
    errno = ruling.error;
  }
  while (result < 0 && errno == EINTR && call != Call::close) result = make(most);
  const int error = errno;
  witness->after(call);
  errno = error;
  return result;
}

}  // namespace

void admit(Witness* witness) {
  admitted.store(witness, std::memory_order_relaxed);
}

int make_folder(const std::filesystem::path& folder) {
  return made(Call::make_folder, [&](std::size_t) { return ::mkdir(folder.c_str(), 0777); });
}

int open(const std::filesystem::path& path, int flags) {
  return made(Call::open, [&](std::size_t) { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); });
}

ssize_t read(int descriptor, void* to, std::size_t bytes) {
  return made(Call::read, [&](std::size_t most) { return ::read(descriptor, to, std::min(bytes, most)); });
}

ssize_t write(int descriptor, const void* from, std::size_t bytes) {
  return made(Call::write, [&](std::size_t most) { return ::write(descriptor, from, std::min(bytes, most)); });
}

int sync(int descriptor) {
  return made(Call::sync, [&](std::size_t) { return ::fsync(descriptor); });
}

// An interrupted close has closed on Linux; once more might close a descriptor of another thread.
int close(int descriptor) {
  const int result = made(Call::close, [&](std::size_t) { return ::close(descriptor); });
  return result < 0 && errno == EINTR ? 0 : result;
}

int rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  return made(Call::rename, [&](std::size_t) { return ::rename(from.c_str(), to.c_str()); });
}

int remove(const std::filesystem::path& path) {
  return made(Call::remove, [&](std::size_t) { return ::unlink(path.c_str()); });
}

int lock(int descriptor) {
  return made(Call::lock, [&](std::size_t) { return ::flock(descriptor, LOCK_EX | LOCK_NB); });
}

}  // namespace reprise::records::disk
