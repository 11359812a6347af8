#include "reports/runs/run_time.hpp"

#include <cstdlib>
#include <ctime>
#include <numeric>
#include <optional>

namespace reprise::reports {
namespace {

/// Beyond so many times the training, and so many seconds more, a run has not been at work all the time.
constexpr double kMaxRatio = 2, kMaxSecondsMore = 120;

std::optional<double> moment(const records::RunRecord& run, const char* key) {
  const auto text = run.provenance.find(key);
  std::tm parts{};
  if (text == run.provenance.end() || strptime(text->second.c_str(), "%FT%TZ", &parts) == nullptr) return std::nullopt;
  return static_cast<double>(timegm(&parts));
}

}  // namespace

double training_seconds(const records::RunRecord& run) {
  double sum = 0;
  // Phases before the classifier's, whose text begins with their seconds.
  for (const char* phase : {"hebbian_phase", "feature_phase"})
    if (const auto text = run.provenance.find(phase); text != run.provenance.end()) sum += std::strtod(text->second.c_str(), nullptr);
  const auto timing = run.timing.find("seconds");
  if (timing != run.timing.end()) sum = std::accumulate(timing->second.values.begin(), timing->second.values.end(), sum);
  return sum;
}

double run_seconds(const records::RunRecord& run) {
  const double training = training_seconds(run);
  const std::optional<double> start = moment(run, "start_utc"), end = moment(run, "end_utc");
  if (!start || !end) return training;
  const double whole = *end - *start;
  return whole > training && whole < kMaxRatio * training + kMaxSecondsMore ? whole : training;
}

}  // namespace reprise::reports
