#pragma once
// What ranks of one node share: named memory of the system, and a barrier that tells who is missing.
//
// MPI's own shared windows (MPI_Win_allocate_shared) are not used: they do not promise that the pages are reserved, and a full /dev/shm
// would then be a bus error in the middle of a step; they name no cause when they fail; and MPI_Barrier cannot tell who is missing.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "suite/tensor/memory.hpp"

namespace reprise::ranks {

/// Makes shared memory under a fresh name / maps what another process of this node made / takes the name away again (the
/// memory lives on while mapped). Throw RunError naming size and cause.
Memory make_shared_memory(const std::string& name, std::size_t bytes);
Memory map_shared_memory(const std::string& name, std::size_t bytes);
void unlink_shared_memory(const std::string& name);

/// The memory of a NodeBarrier: zeroed at the start.
struct BarrierCells {
  static constexpr int kMaxRanks = 1024;
  struct alignas(64) Cell {
    std::atomic<std::uint32_t> arrivals;
  };
  alignas(64) std::atomic<std::uint32_t> bell;
  alignas(64) std::atomic<std::uint32_t> sleepers;
  Cell ranks[kMaxRanks];
};

/// A barrier in shared memory. It spins for a moment, then sleeps in the kernel: ranks may be more than cores.
class NodeBarrier {
 public:
  NodeBarrier(BarrierCells& cells, int rank, int ranks, bool cores_suffice)
      : cells_(cells), rank_(rank), ranks_(ranks), spins_(cores_suffice ? 500 : 20) {}
  /// Returns the ranks that are missing after `seconds` (0: waits for ever); none when all came.
  std::vector<int> wait(double seconds);

 private:
  bool all_here() const;
  void sleep(std::uint32_t last_bell) const;
  BarrierCells& cells_;
  int rank_, ranks_, spins_;
  std::uint32_t round_ = 0;
};

}  // namespace reprise::ranks
