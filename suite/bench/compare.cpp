#include "suite/bench/compare.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>

#include "suite/bench/median.hpp"
#include "suite/errors.hpp"

namespace reprise::bench {

namespace {

constexpr std::size_t kExact = 20;

/// ways[u]: orders of n and m values in which u pairs (one of each) are in descending order.
std::vector<double> orders(std::size_t n, std::size_t m) {
  // The largest value is of the first n, and then above all m, or of the second m.
  std::vector<std::vector<double>> ways(m + 1, std::vector<double>(n * m + 1));  // of the n handled so far, by m
  for (auto& row : ways) row[0] = 1;
  for (std::size_t i = 1; i <= n; ++i)
    for (std::size_t j = 1; j <= m; ++j)
      for (std::size_t u = n * m + 1; u-- > 0;) ways[j][u] = (u >= j ? ways[j][u - j] : 0) + ways[j - 1][u];
  return ways[m];
}

}  // namespace

std::map<std::string, std::vector<double>> read_ratios(const std::string& path) {
  std::ifstream file(path);
  if (!file)
    throw InputError(Complaint{path, "a file that Google Benchmark wrote", "no file that can be read",
                               "Make one with --benchmark_out=FILE --benchmark_out_format=json"});
  const auto json = nlohmann::json::parse(file, nullptr, false);
  std::map<std::string, std::vector<double>> found;
  if (json.is_object() && json.contains("benchmarks") && json["benchmarks"].is_array())
    for (const auto& row : json["benchmarks"]) {
      if (!row.is_object() || !row.contains("peak_ratio") || !row["peak_ratio"].is_number()) continue;
      if (row.value("run_type", "iteration") != "iteration") continue;  // a mean or deviation over repetitions
      const std::string name = row.value("run_name", row.value("name", std::string{}));
      if (!name.starts_with("peak/")) found[name].push_back(row["peak_ratio"].get<double>());
    }
  if (found.empty())
    throw InputError(Complaint{path, "benchmarks with a peak_ratio", json.is_discarded() ? "no JSON" : "none",
                               "Make the file with reprise_bench --benchmark_out=FILE --benchmark_out_format=json"});
  return found;
}

double rank_test(const std::vector<double>& a, const std::vector<double>& b) {
  const std::size_t n = a.size(), m = b.size();
  if (n == 0 || m == 0) return 1;
  double u = 0;  // pairs in which a is above b, ties half
  std::map<double, double> counts;
  for (const double x : a) {
    ++counts[x];
    for (const double y : b) u += x > y ? 1 : x == y ? 0.5 : 0;
  }
  for (const double y : b) ++counts[y];
  const double product = static_cast<double>(n) * static_cast<double>(m), all = static_cast<double>(n + m);
  const bool has_ties = counts.size() < n + m;
  if (!has_ties && n <= kExact && m <= kExact) {
    const std::vector<double> ways = orders(n, m);
    double total = 0, tail = 0;
    for (std::size_t k = 0; k < ways.size(); ++k) {
      total += ways[k];
      if (static_cast<double>(k) <= std::min(u, product - u)) tail += ways[k];
    }
    return std::min(1.0, 2 * tail / total);
  }
  double ties = 0;
  for (const auto& [value, count] : counts) ties += count * count * count - count;
  const double variance = product / 12 * (all + 1 - ties / (all * (all - 1)));
  if (variance <= 0) return 1;
  const double z = std::max(0.0, std::abs(u - product / 2) - 0.5) / std::sqrt(variance);
  return std::erfc(z / std::numbers::sqrt2);
}

std::vector<Comparison> compare_files(const std::string& before, const std::vector<std::string>& after) {
  const auto old_runs = read_ratios(before);
  std::map<std::string, std::vector<double>> new_runs;
  for (const std::string& file : after)
    for (const auto& [name, ratios] : read_ratios(file)) new_runs[name].insert(new_runs[name].end(), ratios.begin(), ratios.end());
  std::vector<Comparison> comparisons;
  for (const auto& [name, values] : old_runs) {
    const auto other = new_runs.find(name);
    if (other == new_runs.end()) continue;
    Comparison made{
        .name = name, .before = values, .after = other->second, .median_before = median(values), .median_after = median(other->second)};
    made.change = made.median_before > 0 ? made.median_after / made.median_before - 1 : 0;
    made.p = rank_test(made.after, made.before);
    comparisons.push_back(std::move(made));
  }
  if (comparisons.empty())
    throw InputError(Complaint{fmt::format("{} and {}", before, fmt::join(after, ", ")), "a benchmark that is in both", "none",
                               "Run both with the same --benchmark_filter"});
  return comparisons;
}

bool has_fallen(const Comparison& comparison, double limit) {
  return comparison.change < -limit && comparison.p < 0.05;
}

std::string comparison_text(std::vector<Comparison> comparisons, double limit) {
  std::stable_sort(comparisons.begin(), comparisons.end(), [](const auto& a, const auto& b) { return a.change < b.change; });
  std::size_t width = 9, fallen = 0, few = 0;
  for (const Comparison& c : comparisons) width = std::max(width, c.name.size());
  std::string text = fmt::format("{:<{}}  of peak, old  of peak, new  change    p       \n", "benchmark", width);
  for (const Comparison& c : comparisons) {
    const bool fell = has_fallen(c, limit);
    fallen += fell ? 1 : 0;
    few += std::min(c.before.size(), c.after.size()) < kRepetitions ? 1 : 0;
    text += fmt::format("{:<{}}  {:>10.1f} %  {:>10.1f} %  {:>+6.1f} %  {:<8.2g}{}\n", c.name, width, 100 * c.median_before,
                        100 * c.median_after, 100 * c.change, c.p,
                        fell         ? "fallen"
                        : c.p < 0.05 ? (c.change < 0 ? "slower" : "faster")
                                     : "");
  }
  text += fmt::format("\n{} of {} benchmarks lost more than {:.3g} % of their ratio to peak.\n", fallen, comparisons.size(), 100 * limit);
  if (few > 0)
    text += fmt::format("{} have fewer than {} repetitions: use --benchmark_repetitions={} --benchmark_enable_random_interleaving=true\n",
                        few, kRepetitions, kRepetitions);
  return text;
}

int compare_command(int argc, char** argv) {
  std::string before, fallen_file;
  std::vector<std::string> after;
  double limit = 15;
  CLI::App app{"Two runs of reprise_bench against each other: ratios to peak and a rank test", "reprise_bench compare"};
  app.add_option("OLD", before, "JSON that --benchmark_out wrote")->required();
  app.add_option("NEW", after, "The same of the later run; of several files the repetitions are taken together")->required();
  app.add_option("--limit", limit, "Fail where a ratio to peak fell by more percent than this")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  app.add_option("--fallen", fallen_file, "Writes a --benchmark_filter of what fell to this file");
  app.footer(R"(Example:
  for run in old new; do    # with the two builds, in turn
    reprise_bench --benchmark_filter=step/ --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true \
      --benchmark_out=$run.json --benchmark_out_format=json
  done
  reprise_bench compare old.json new.json)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    const std::vector<Comparison> comparisons = compare_files(before, after);
    fmt::print("{}", comparison_text(comparisons, limit / 100));
    std::vector<std::string> fallen;
    for (const Comparison& c : comparisons)
      if (has_fallen(c, limit / 100)) fallen.push_back(c.name);
    if (!fallen_file.empty()) {
      std::ofstream file(fallen_file);
      file << fmt::format("^({})$\n", fmt::join(fallen, "|"));
      if (!file.flush())
        throw InputError(Complaint{fallen_file, "a file that can be written", "one that cannot", "Give --fallen another path"});
    }
    return fallen.empty() ? 0 : 1;
  } catch (const InputError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}

}  // namespace reprise::bench
