#include "suite/command/run_forecast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "datasets/manage.hpp"
#include "reports/text.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/command/progress.hpp"
#include "suite/errors.hpp"
#include "suite/records/result_file.hpp"
#include "suite/records/result_folder.hpp"
#include "suite/runs/forecast.hpp"
#include "suite/runs/trained_weights.hpp"
#include "suite/text/quantities.hpp"
#include "suite/version.hpp"

namespace reprise::command {
namespace {

namespace fs = std::filesystem;

using text::bytes_text;
using text::count_text;
using text::duration_text;
using text::plural;

/// The runs of one recipe.
struct Line {
  const PlannedRun* first = nullptr;
  std::string settings;
  std::vector<std::int64_t> seeds;
  std::int64_t finished = 0;
  runs::Forecast forecast = {};
  std::int64_t left() const { return static_cast<std::int64_t>(seeds.size()) - finished; }
  double seconds_left() const { return static_cast<double>(left()) * forecast.seconds; }
  bool is_timed() const { return !std::isnan(forecast.seconds); }
};

/// With the runs whose weights these need, which are done first if they are not there.
std::vector<PlannedRun> with_those_before(std::vector<PlannedRun> runs) {
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::int64_t seed = runs[i].seed;
    for (recipes::Recipe& recipe : runs::recipes_before(runs[i].recipe)) {
      PlannedRun before{std::move(recipe), seed};
      const std::string settings = catalog::settings_text(before.recipe);
      const bool is_there = std::any_of(runs.begin(), runs.end(), [&](const PlannedRun& run) {
        return run.seed == before.seed && run.recipe.trial == before.recipe.trial && run.recipe.paper == before.recipe.paper &&
               catalog::settings_text(run.recipe) == settings;
      });
      if (is_there) continue;
      before.variant = "whose weights others need";
      runs.push_back(std::move(before));
    }
  }
  return runs;
}

std::vector<Line> lines_of(const std::vector<PlannedRun>& runs) {
  std::vector<Line> lines;
  for (const PlannedRun& run : runs) {
    const std::string settings = catalog::settings_text(run.recipe);
    auto line = std::find_if(lines.begin(), lines.end(), [&](const Line& one) {
      return one.first->recipe.paper == run.recipe.paper && one.first->recipe.trial == run.recipe.trial && one.settings == settings;
    });
    if (line == lines.end()) line = lines.insert(line, {&run, settings, {}});
    line->seeds.push_back(run.seed);
  }
  return lines;
}

/// Settings and seeds of the trial's results that today's code would not compute again.
std::set<std::pair<std::string, std::int64_t>> finished_in(const fs::path& folder) {
  std::set<std::pair<std::string, std::int64_t>> finished;
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return finished;
  for (const fs::path& file : records::list_result_folder(folder).results) try {
      const records::RunRecord record = records::read_result(file);
      if (record.answer_version() == kAnswerVersion)
        finished.emplace(catalog::settings_text(catalog::stored_recipe(record.recipe_toml, catalog::Strictness::lenient)), record.seed);
    } catch (const InputError&) {
      // Damaged, or of an earlier program: `run` finds out.
    }
  return finished;
}

void count_finished(std::vector<Line>& lines, const fs::path& out) {
  for (Line& line : lines) {
    const auto finished = finished_in(out / line.first->recipe.paper / line.first->recipe.trial);
    line.finished = std::count_if(line.seeds.begin(), line.seeds.end(), [&](std::int64_t seed) {
      return finished.contains({line.settings, seed});
    });
  }
}

void time_steps(std::vector<Line>& lines, int threads) {
  ProgressDisplay display("timing steps");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const recipes::Recipe& recipe = lines[i].first->recipe;
    display.show(i, lines.size(), recipe.paper + "/" + recipe.trial);
    lines[i].forecast = runs::forecast(recipe, threads);
  }
}

std::string name_of(const PlannedRun& run) {
  return fmt::format("{}/{}{}{}", run.recipe.paper, run.recipe.trial, run.variant.empty() ? "" : ", ", run.variant);
}

std::vector<std::string> row_of(const Line& line) {
  const runs::Forecast& forecast = line.forecast;
  return {name_of(*line.first),
          reports::joined(recipes::data_sets(line.first->recipe), ", "),
          count_text(static_cast<double>(forecast.parameters)),
          count_text(static_cast<double>(forecast.steps)),
          bytes_text(forecast.memory_bytes),
          bytes_text(forecast.disk_bytes),
          bytes_text(forecast.exchanged_bytes_per_step),
          line.is_timed() ? duration_text(forecast.seconds) : "not timed",
          std::to_string(line.seeds.size()),
          std::to_string(line.finished),
          line.is_timed() ? duration_text(line.seconds_left()) : "not timed"};
}

/// Without the columns that the terminal has no room for, the least wanted first; they are named below the table.
void print_table(std::vector<std::vector<std::string>> table) {
  const auto fits =
      [](const std::string& text) {  // the rule below the heading, whose cells may take several lines, is as wide as the table
        const std::size_t rule = text.find("\n-") + 1;
        return text.find('\n', rule) - rule <= reports::output_width();
      };
  std::vector<std::string> left_out;
  std::string text = reports::aligned(table, "-");
  for (const char* column : {"sent per node and step", "disk", "parameters", "data set", "memory"}) {
    if (fits(text)) break;
    const auto at = std::find(table.front().begin(), table.front().end(), column) - table.front().begin();
    for (std::vector<std::string>& row : table) row.erase(row.begin() + at);
    left_out.emplace_back(column);
    text = reports::aligned(table, "-");
  }
  fmt::print("{}", text);
  if (!left_out.empty()) fmt::print("{}", reports::filled("A wider terminal, or a file, also has: " + reports::joined(left_out, ", ")));
}

void print_totals(const std::vector<Line>& lines, int nodes) {
  std::vector<double> rest;  // of single runs
  std::int64_t runs = 0, finished = 0, disk = 0;
  std::vector<std::string> not_timed;
  for (const Line& line : lines) {
    runs += static_cast<std::int64_t>(line.seeds.size()), finished += line.finished;
    disk += line.left() * line.forecast.disk_bytes;
    if (line.is_timed())
      rest.insert(rest.end(), static_cast<std::size_t>(line.left()), line.forecast.seconds);
    else
      not_timed.push_back(name_of(*line.first));
  }
  fmt::print("\n{}", reports::filled(fmt::format("{}, {} finished; the rest takes {} here, one after the other, and {} on disk",
                                                 plural(runs, "run", "runs"), finished, duration_text(seconds_on_nodes(rest, 1)),
                                                 bytes_text(disk))));
  const std::vector<int> counts = nodes > 1 ? std::vector<int>{nodes} : std::vector<int>{2, 4, 8};
  for (const int count : counts) {
    if (nodes <= 1 && static_cast<std::size_t>(count) >= 2 * rest.size()) break;
    fmt::print("on {} like this one, a run on each at a time: {}\n", plural(count, "node", "nodes"),
               duration_text(seconds_on_nodes(rest, count)));
  }
  if (!not_timed.empty())
    fmt::print("{}", reports::filled("Not timed, because the nets need more than half of the memory of this machine: " +
                                     reports::joined(not_timed, ", ")));
}

/// Known data sets that must be got before the runs.
void print_absent_data(const std::vector<Line>& lines, const fs::path& data_directory) {
  std::set<std::string> seen;
  for (const Line& line : lines)
    for (const std::string& name : recipes::data_sets(line.first->recipe)) {
      const datasets::DatasetEntry* entry = datasets::find_entry(name);
      if (entry == nullptr || !seen.insert(name).second || datasets::is_present(*entry, data_directory)) continue;
      fmt::print("{}",
                 reports::filled(fmt::format("Not in {}: data set {}. {}", data_directory.string(), name, datasets::how_to_get(*entry))));
    }
}

}  // namespace

double seconds_on_nodes(std::vector<double> runs, int nodes) {
  std::sort(runs.begin(), runs.end(), std::greater<>());
  std::vector<double> busy(static_cast<std::size_t>(std::max(1, nodes)), 0.0);
  for (const double seconds : runs) *std::min_element(busy.begin(), busy.end()) += seconds;
  return *std::max_element(busy.begin(), busy.end());
}

void print_forecast(const std::vector<PlannedRun>& asked_for, const fs::path& out, const fs::path& data_directory, int threads, int nodes) {
  const std::vector<PlannedRun> runs = with_those_before(asked_for);
  std::vector<Line> lines = lines_of(runs);
  count_finished(lines, out);
  time_steps(lines, threads);
  std::vector<std::vector<std::string>> table = {
      {"trial", "data set", "parameters", "steps", "memory", "disk", "sent per node and step", "time a run", "runs", "finished", "left"}};
  for (const Line& line : lines) table.push_back(row_of(line));
  fmt::print("{}\n", reports::filled(fmt::format("Forecast at scale {}, from about a second of steps on made-up images; nothing is run.",
                                                 runs.front().recipe.scale)));
  print_table(std::move(table));
  print_totals(lines, nodes);
  print_absent_data(lines, data_directory);
}

}  // namespace reprise::command
