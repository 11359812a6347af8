#include "suite/command/show_result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "reports/text.hpp"
#include "suite/command/chart.hpp"
#include "suite/command/progress.hpp"
#include "suite/records/result_file.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::command {
namespace {

using records::RunRecord;

constexpr int kChartHeight = 12;

/// A text of several lines, a diff perhaps, is not printed whole.
std::string one_line(const std::string& text) {
  const std::size_t end = text.find('\n');
  return end == std::string::npos ? text : fmt::format("{} ... ({} bytes)", text.substr(0, end), text.size());
}

void print_numbers(const RunRecord& record) {
  std::vector<std::vector<std::string>> table = {{"number", "last", "best", "unit"}};
  for (const auto& [name, series] : record.metrics) {
    if (series.values.empty()) continue;
    const auto [low, high] = std::minmax_element(series.values.begin(), series.values.end());
    const std::string best =
        series.better == metrics::Better::neither ? "" : fmt::format("{:.6g}", series.better == metrics::Better::higher ? *high : *low);
    table.push_back({name, fmt::format("{:.6g}", series.values.back()), best, series.unit});
  }
  for (const auto& [name, result] : record.results) table.push_back({name, fmt::format("{:.6g}", result.value), "", result.unit});
  for (const auto& [evaluation, outcome] : record.evaluations)
    for (const auto& [name, result] : outcome.results)
      table.push_back({fmt::format("{}, {}", evaluation, name), fmt::format("{:.6g}", result.value), "", result.unit});
  if (table.size() > 1) fmt::print("\n{}", reports::aligned(table, "-"));
}

void print_curve(const RunRecord& record) {
  Points points;
  for (std::size_t i = 0; i < record.step_losses.steps.size(); ++i)
    points.emplace_back(static_cast<double>(record.step_losses.steps[i]), record.step_losses.values[i]);
  const std::vector<std::string> lines = chart(points, std::min(output_width(), 100), kChartHeight);
  if (!lines.empty()) fmt::print("\nTraining loss by step\n{}\n", fmt::join(lines, "\n"));
}

template <typename Map>
void print_names(const char* what, const Map& map) {
  std::vector<std::string> names;
  for (const auto& [name, value] : map) names.push_back(name);
  if (!names.empty()) fmt::print("{}: {}\n", what, reports::joined(names, ", "));
}

}  // namespace

void show_result(const std::filesystem::path& file) {
  const RunRecord record = records::read_result(file);
  fmt::print("{}\n{}/{}, {}, seed {}: {}\n", file.string(), record.paper, record.trial, record.scale, record.seed, record.status);
  print_numbers(record);
  print_curve(record);
  fmt::print("\n");
  if (!record.test_predictions.empty()) fmt::print("predictions: {} test images\n", record.test_predictions.size());
  print_names("tables", record.tables);
  print_names("images", record.images);
  print_names("weights", record.weights);
  for (const records::PhaseTime& phase : record.phases)
    fmt::print("phase {}: {}, {} images\n", phase.name, text::duration_text(phase.wall_seconds), text::count_text(phase.images));
  for (const std::string& deviation : record.deviations) fmt::print("deviation: {}\n", deviation);
  fmt::print("\nProvenance\n");
  for (const auto& [key, value] : record.provenance) fmt::print("  {}: {}\n", key, one_line(value));
  fmt::print("\nRecipe\n{}", record.recipe_toml);
}

}  // namespace reprise::command
