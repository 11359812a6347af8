#include "reports/scaling.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "suite/errors.hpp"

namespace reprise::reports {

double Scaling::speedup(const ScalingRow& row) const {
  for (const ScalingRow& first : rows)
    if (first.kind == row.kind) return static_cast<double>(row.batch) / row.seconds / (static_cast<double>(first.batch) / first.seconds);
  return 1;
}

Scaling read_scaling(const std::filesystem::path& file) {
  const std::string thing = "scaling file " + file.string(), fix = "Measure again: mpirun -n 4 reprise_bench_ranks --scaling --json FILE";
  std::ifstream stream(file);
  if (!stream) throw InputError(Complaint{thing, "a readable file", "none", fix});
  Scaling scaling;
  try {
    const nlohmann::json json = nlohmann::json::parse(stream);
    scaling.trial = json.at("trial").get<std::string>();
    scaling.scale = json.at("scale").get<std::string>();
    scaling.cores = json.at("cores").get<int>();
    for (const nlohmann::json& row : json.at("rows")) {
      scaling.rows.push_back({row.at("kind").get<std::string>(), row.at("ranks").get<int>(), row.at("threads").get<int>(),
                              row.at("batch").get<std::int64_t>(), row.at("seconds").get<double>(),
                              row.at("forecast_seconds").get<double>()});
      if (!(scaling.rows.back().seconds > 0))
        throw InputError(Complaint{thing, "seconds above 0", fmt::format("{}", scaling.rows.back().seconds), fix});
    }
  } catch (const nlohmann::json::exception& error) {
    throw InputError(Complaint{thing, "trial, scale, cores and rows in JSON", error.what(), fix});
  }
  return scaling;
}

}  // namespace reprise::reports
