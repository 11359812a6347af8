#include "suite/ranks/node_window.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <immintrin.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>

#include "suite/clock.hpp"
#include "suite/errors.hpp"

namespace reprise::ranks {

namespace {

[[noreturn]] void fail(const std::string& name, std::size_t bytes, int error) {
  const std::string what = fmt::format("shared memory {} of {} MiB", name, (bytes + (1 << 20) - 1) >> 20);
  if (error == ENOENT)
    throw RunError(Complaint{what, "to find in /dev/shm what another rank of this host made", std::strerror(error),
                             "Start the ranks of a host in one container, or in containers that share /dev/shm"});
  if (error == EACCES || error == EPERM)
    throw RunError(Complaint{what, "the right to make it in /dev/shm", std::strerror(error),
                             "Start all ranks as one user, with a /dev/shm that it may write to"});
  throw RunError(Complaint{what, "room in /dev/shm", std::strerror(error),
                           "Give /dev/shm more room, or use fewer ranks a node and more threads a rank"});
}

Memory map(int descriptor, const std::string& name, std::size_t bytes) {
  void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  const int error = errno;
  close(descriptor);
  if (at == MAP_FAILED) fail(name, bytes, error);
  madvise(at, bytes, MADV_HUGEPAGE);
  return {static_cast<std::byte*>(at), bytes, [](std::byte* data, std::size_t size) { munmap(data, size); }};
}

}  // namespace

Memory make_shared_memory(const std::string& name, std::size_t bytes) {
  const int descriptor = shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600);
  if (descriptor < 0) fail(name, bytes, errno);
  // Reserved now: a page that cannot be had later would be a bus error in the middle of a step.
  if (const int error = posix_fallocate(descriptor, 0, static_cast<off_t>(bytes)); error != 0) {
    close(descriptor);
    shm_unlink(name.c_str());
    fail(name, bytes, error);
  }
  return map(descriptor, name, bytes);
}

Memory map_shared_memory(const std::string& name, std::size_t bytes) {
  const int descriptor = shm_open(name.c_str(), O_RDWR, 0600);
  if (descriptor < 0) fail(name, bytes, errno);
  return map(descriptor, name, bytes);
}

void unlink_shared_memory(const std::string& name) {
  shm_unlink(name.c_str());
}

bool NodeBarrier::all_here() const {
  for (int r = 0; r < ranks_; ++r)
    if (static_cast<std::int32_t>(cells_.ranks[r].arrivals.load(std::memory_order_acquire) - round_) < 0) return false;
  return true;
}

/// Sleeps until the bell rings again, at most a tenth of a second.
void NodeBarrier::sleep(std::uint32_t last_bell) const {
  static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));
  const timespec tenth{.tv_sec = 0, .tv_nsec = 100'000'000};
  cells_.sleepers.fetch_add(1);
  if (cells_.bell.load() == last_bell) syscall(SYS_futex, &cells_.bell, FUTEX_WAIT, last_bell, &tenth, nullptr, 0);
  cells_.sleepers.fetch_sub(1);
}

std::vector<int> NodeBarrier::wait(double seconds) {
  ++round_;
  cells_.ranks[rank_].arrivals.store(round_);
  cells_.bell.fetch_add(1);
  if (cells_.sleepers.load() > 0) syscall(SYS_futex, &cells_.bell, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  for (int spin = 0; spin < spins_; ++spin) {
    if (all_here()) return {};
    _mm_pause();
  }
  const double begun = now_seconds();
  while (true) {
    const std::uint32_t last_bell = cells_.bell.load();
    if (all_here()) return {};
    if (seconds > 0 && now_seconds() - begun > seconds) break;
    sleep(last_bell);
  }
  std::vector<int> missing;
  for (int r = 0; r < ranks_; ++r)
    if (static_cast<std::int32_t>(cells_.ranks[r].arrivals.load() - round_) < 0) missing.push_back(r);
  return missing;
}

}  // namespace reprise::ranks
