#pragma once

#include <cstdint>
#include <filesystem>

namespace reprise {

/// What the control groups of a batch system or a container leave this process: the tightest from its own group up to the root, of version
/// 2 (one tree) or 1 (a tree each for memory and processor time).
struct ControlGroupLimits {
  std::int64_t memory_bytes = 0;  ///< that may still be taken, files in the cache counted as free; 0: no limit, or none that can be read
  double cores = 0;               ///< processor time, in cores; 0: no limit
};

/// `root` stands in front of /proc and /sys, for tests.
ControlGroupLimits control_group_limits(const std::filesystem::path& root = "/");

struct AvailableMemory {
  std::int64_t bytes = 0;         ///< that this process may still take; 0: unknown
  bool by_control_group = false;  ///< a control group leaves less than the machine has
};
AvailableMemory available_memory(const std::filesystem::path& root = "/");

}  // namespace reprise
