#pragma once
// Looks at the machine, the environment and the data for what would slow a run down or stop it.

#include <filesystem>
#include <string>
#include <vector>

namespace reprise::command {

struct Finding {
  enum class Level { good, note, problem };
  Level level = Level::good;
  std::string thing;  ///< "cores"
  std::string text;   ///< what is there
  std::string fix;    ///< what to do about it; empty when good
};

/// In the order: processor, threads, memory, libraries, data sets, output. Changes nothing but for a file that it writes into
/// `out` (or the nearest existing folder above it) and removes again.
std::vector<Finding> examine_machine(const std::filesystem::path& data, const std::filesystem::path& out);

}  // namespace reprise::command
