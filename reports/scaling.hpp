#pragma once
// How a training step scales over the ranks of one machine, as it was measured.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace reprise::reports {

/// A step's time on some ranks of one machine, measured and as the model forecast it.
struct ScalingRow {
  std::string kind;            ///< "strong": the recipe's batch; "weak": a share of it for each rank
  int ranks = 1, threads = 1;  ///< threads of each rank
  std::int64_t batch = 0;
  double seconds = 0, forecast_seconds = 0;
};

struct Scaling {
  std::string trial, scale;
  int cores = 1;
  std::vector<ScalingRow> rows;

  /// Of one rank's rate: images a second over those of the first row of its kind.
  double speedup(const ScalingRow& row) const;
  bool empty() const { return rows.empty(); }
};

/// Reads what `reprise_bench_ranks --scaling --json` wrote. Throws InputError naming file, expected and found.
Scaling read_scaling(const std::filesystem::path& file);

}  // namespace reprise::reports
