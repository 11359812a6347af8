#pragma once
// Two runs of reprise_bench, benchmark by benchmark: medians of the ratio to peak and a rank test.

#include <map>
#include <string>
#include <vector>

namespace reprise::bench {

/// Repetitions of one benchmark in two runs.
struct Comparison {
  std::string name;
  std::vector<double> before, after;  ///< ratios to the peak of their own run, one a repetition
  double median_before = 0, median_after = 0;
  double change = 0;  ///< of the median, as a fraction; positive: faster
  double p = 1;       ///< two-sided, Mann-Whitney
};

/// Fewer repetitions than this on a side can hardly tell noise from a change.
inline constexpr std::size_t kRepetitions = 9;

/// Two-sided p of the rank-sum test (Mann, Whitney 1947): exact without ties and up to 20 values a side, else the normal approximation with
/// corrections for ties and continuity. 1 if a side is empty.
double rank_test(const std::vector<double>& a, const std::vector<double>& b);

/// Ratios to peak in a file that Google Benchmark wrote as JSON, by benchmark, one a repetition. Throws InputError.
std::map<std::string, std::vector<double>> read_ratios(const std::string& path);

/// Reads files that Google Benchmark wrote as JSON, several for the later run, and pairs what is in both and has a peak_ratio; the peaks
/// themselves are left out. Throws InputError for a file that is missing, no JSON, or without such benchmarks.
std::vector<Comparison> compare_files(const std::string& before, const std::vector<std::string>& after);

/// Lost more than `limit` (a fraction) of its ratio to peak, and not by chance (p < 0.05).
bool has_fallen(const Comparison& comparison, double limit);

/// One line a benchmark, those that fell first.
std::string comparison_text(std::vector<Comparison> comparisons, double limit);

/// `compare OLD.json NEW.json... [--limit PERCENT] [--fallen FILE]`. Exit code 0, 1 if a ratio has fallen, 2 for wrong input.
int compare_command(int argc, char** argv);

}  // namespace reprise::bench
