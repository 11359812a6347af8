#include "suite/control_groups.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>

namespace reprise {

namespace {

namespace fs = std::filesystem;

/// The number that a file begins with; nothing if it begins otherwise ("max") or is not there.
std::optional<std::int64_t> number_in(const fs::path& file) {
  std::ifstream stream(file);
  std::int64_t number = 0;
  if (stream >> number) return number;
  return std::nullopt;
}

/// The number behind a name in a file of such lines.
std::int64_t number_after(const fs::path& file, const std::string& name) {
  std::ifstream stream(file);
  std::string word;
  for (std::int64_t number = 0; stream >> word >> number; stream.ignore(64, '\n'))
    if (word == name) return number;
  return 0;
}

template <typename Number>
void lower(Number& least, Number found) {
  if (least == 0 || found < least) least = found;
}

/// Calls `look` for the folder of a group and those above it, up to that of the tree. A container sees paths that are not there.
template <typename Look>
void for_each_above(const fs::path& tree, const std::string& group, Look look) {
  for (fs::path folder = tree / fs::path(group).relative_path();; folder = folder.parent_path()) {
    look(folder);
    if (folder == tree || folder == folder.parent_path()) return;
  }
}

void memory_of(const fs::path& folder, const char* limit_file, const char* used_file, const std::string& prefix,
               ControlGroupLimits& found) {
  const auto limit = number_in(folder / limit_file), used = number_in(folder / used_file);
  constexpr std::int64_t kNone = std::int64_t{1} << 60;  // version 1 writes a huge number for no limit
  if (!limit || !used || *limit <= 0 || *limit > kNone) return;
  const fs::path statistics = folder / "memory.stat";
  const std::int64_t cached = number_after(statistics, prefix + "inactive_file") + number_after(statistics, prefix + "active_file");
  const std::int64_t taken = std::max<std::int64_t>(0, *used - cached);
  lower(found.memory_bytes, std::max<std::int64_t>(1, *limit - taken));
}

void cores_of(std::optional<std::int64_t> quota, std::optional<std::int64_t> period, ControlGroupLimits& found) {
  if (quota && period && *quota > 0 && *period > 0) lower(found.cores, static_cast<double>(*quota) / static_cast<double>(*period));
}

std::optional<std::int64_t> second_number_in(const fs::path& file) {
  std::ifstream stream(file);
  std::string first;
  std::int64_t number = 0;
  if (stream >> first >> number) return number;
  return std::nullopt;
}

}  // namespace

ControlGroupLimits control_group_limits(const fs::path& root) {
  ControlGroupLimits found;
  const fs::path trees = root / "sys/fs/cgroup";
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "0::/job_7/step_0", "4:memory:/job_7", "2:cpu,cpuacct:/job_7"
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string kinds = "," + line.substr(first + 1, second - first - 1) + ",", group = line.substr(second + 1);
    if (kinds == ",,") {
      for_each_above(trees, group, [&](const fs::path& folder) {
        memory_of(folder, "memory.max", "memory.current", "", found);
        cores_of(number_in(folder / "cpu.max"), second_number_in(folder / "cpu.max"), found);
      });
    } else if (kinds == ",memory,") {
      for_each_above(trees / "memory", group,
                     [&](const fs::path& folder) { memory_of(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_", found); });
    } else if (kinds.find(",cpu,") != std::string::npos) {
      for_each_above(trees / "cpu", group, [&](const fs::path& folder) {
        cores_of(number_in(folder / "cpu.cfs_quota_us"), number_in(folder / "cpu.cfs_period_us"), found);
      });
    }
  }
  return found;
}

AvailableMemory available_memory(const fs::path& root) {
  const std::int64_t of_machine = number_after(root / "proc/meminfo", "MemAvailable:") * 1024,
                     allowed = control_group_limits(root).memory_bytes;
  if (allowed > 0 && (of_machine == 0 || allowed < of_machine)) return {allowed, true};
  return {of_machine, false};
}

}  // namespace reprise
