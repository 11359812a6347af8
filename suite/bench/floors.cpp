#include "suite/bench/floors.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "suite/bench/compare.hpp"
#include "suite/bench/median.hpp"
#include "suite/errors.hpp"

namespace reprise::bench {

namespace {

using Medians = std::map<std::string, double>;

Medians medians_of(const std::string& file) {
  Medians medians;
  for (const auto& [name, ratios] : read_ratios(file)) medians[name] = median(ratios);
  return medians;
}

/// Lowest and highest of one benchmark over the CPUs that have it.
struct Range {
  double low = 1e300, high = 0;
  int count = 0;
};

std::map<std::string, Range> ranges_of(const std::vector<Medians>& stored) {
  std::map<std::string, Range> ranges;
  for (const Medians& cpu : stored)
    for (const auto& [name, ratio] : cpu) {
      Range& range = ranges[name];
      range.low = std::min(range.low, ratio), range.high = std::max(range.high, ratio), ++range.count;
    }
  return ranges;
}

std::string text_of(const std::vector<Floor>& floors) {
  std::size_t width = 9;
  for (const Floor& one : floors) width = std::max(width, one.name.size());
  std::string text = fmt::format("{:<{}}  of peak, here    floor  lowest stored\n", "benchmark", width);
  for (const Floor& one : floors)
    text += fmt::format("{:<{}}  {:>11.1f} %  {:>5.1f} %  {:>11.1f} %{}\n", one.name, width, 100 * one.found, 100 * one.floor,
                        100 * one.least_stored, one.found < one.floor ? "  below" : "");
  return text;
}

}  // namespace

double widest_gap(const std::vector<Medians>& stored) {
  double gap = 1;
  bool is_shared = false;
  for (const auto& [name, range] : ranges_of(stored)) {
    if (range.count < 2 || range.high <= 0) continue;
    gap = std::min(gap, range.low / range.high);
    is_shared = true;
  }
  return is_shared ? gap : 0.5;
}

std::vector<Floor> floors_of(const std::string& run, const std::vector<std::string>& stored) {
  std::vector<Medians> cpus;
  for (const std::string& file : stored) cpus.push_back(medians_of(file));
  const double gap = widest_gap(cpus);
  const Medians here = medians_of(run);
  std::vector<Floor> floors;
  for (const auto& [name, range] : ranges_of(cpus))
    if (const auto found = here.find(name); found != here.end()) floors.push_back({name, range.low, gap * range.low, found->second});
  if (floors.empty())
    throw InputError(
        Complaint{run, "a benchmark that is stored for another CPU", "none", "Run it with the --benchmark_filter of baseline.sh"});
  return floors;
}

int floors_command(int argc, char** argv) {
  std::string run;
  std::vector<std::string> stored;
  CLI::App app{"A run of reprise_bench against floors that follow from stored ratios of other CPUs", "reprise_bench floors"};
  app.add_option("RUN", run, "JSON that --benchmark_out wrote")->required();
  app.add_option("STORED", stored, "Stored ratios, a file for each kind of CPU")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    const std::vector<Floor> floors = floors_of(run, stored);
    const auto below = std::count_if(floors.begin(), floors.end(), [](const Floor& one) { return one.found < one.floor; });
    fmt::print(
        "{}\nA floor is the lowest stored ratio times {:.2f}, the widest gap between stored CPUs.\n{} of {} benchmarks are below it.\n",
        text_of(floors), floors.front().floor / floors.front().least_stored, below, floors.size());
    return below > 0 ? 1 : 0;
  } catch (const InputError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}

}  // namespace reprise::bench
