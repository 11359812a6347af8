#pragma once

#include <cstdint>
#include <filesystem>

namespace reprise::parallel {

/// What a batch system or a container leaves this process of the machine: the tightest of its control groups from its own up to the root,
/// of version 2 (one tree) or 1 (a tree each for memory and processor time).
struct Allowance {
  std::int64_t memory_bytes = 0;  ///< that may still be taken, files in the cache counted as free; 0: no limit, or none that can be read
  double cores = 0;               ///< processor time, in cores; 0: no limit
};

/// `root` stands in front of /proc and /sys, for tests.
Allowance allowance(const std::filesystem::path& root = "/");

/// Memory that this process may still take: what the machine has, or what its allowance leaves if that is less. 0: unknown.
std::int64_t available_memory_bytes(const std::filesystem::path& root = "/");

}  // namespace reprise::parallel
