#include "reports/runs/samples.hpp"

#include <algorithm>
#include <cmath>

namespace reprise::reports {
namespace {

using Runs = std::vector<const records::RunRecord*>;

constexpr double kGuessing = 0.9;   // of the error of guessing: a net that does no better has not trained
constexpr double kFarApart = 0.25;  // of the way to guessing
constexpr double kRanges = 3;
constexpr std::size_t kMinSeedsApart = 3;  // of two, nothing says which is the odd one

bool answers_one_class(const records::RunRecord& run) {
  return std::all_of(run.test_predictions.begin(), run.test_predictions.end(),
                     [&](std::int32_t answer) { return answer == run.test_predictions.front(); });
}

double error_of_guessing(const records::RunRecord& run) {
  const std::set<std::int32_t> classes(run.test_labels.begin(), run.test_labels.end());
  return 100.0 * (1 - 1 / static_cast<double>(classes.size()));
}

/// The error from which on a seed lies apart; infinite if none does.
double apart_from(std::vector<double> errors, double guessing) {
  std::sort(errors.begin(), errors.end());
  for (std::size_t i = 2; i < errors.size(); ++i) {
    const double gap = errors[i] - errors[i - 1];
    if (gap > kFarApart * (guessing - errors[i - 1]) && gap > kRanges * (errors[i - 1] - errors[0])) return errors[i];
  }
  return std::numeric_limits<double>::infinity();
}

bool counts_images_of(const std::string& metric) {
  return is_error_of_predictions(metric) || is_accuracy_of_predictions(metric);
}

bool contains(const std::vector<std::int64_t>& seeds, std::int64_t seed) {
  return std::find(seeds.begin(), seeds.end(), seed) != seeds.end();
}

/// All that a sample has but the borrowed part of its spread.
std::optional<Sample> own_sample(const RunGroup& group, const std::string& metric) {
  Sample sample;
  sample.metric = metric;
  sample.unit = unit_of(group.runs, metric);
  sample.side.trial = group.trial;
  if (group.seeds_are_of_runs) sample.of_runs = group.trials();
  sample.counts_images = counts_images_of(metric) && has_predictions(*group.runs.front());
  if (sample.counts_images) {
    sample.failed = failed_seeds(group.runs);
    sample.diverged = group.diverged.size();
    sample.labels = group.runs.front()->test_labels;
    sample.of_image.assign(sample.labels.size(), 0);
    sample.equal_predictions = group.runs.size() > 1 && std::all_of(group.runs.begin(), group.runs.end(), [&](const auto* run) {
                                 return run->test_predictions == group.runs.front()->test_predictions;
                               });
  }
  for (const records::RunRecord* run : group.runs) {
    const auto value = value_of(*run, metric);
    if (!value) continue;
    sample.all_seeds.push_back(run->seed);
    sample.all_values.push_back(*value);
    sample.censored |= value_of(*run, metric + "_suffice") == 0.0;
    if (contains(sample.failed.seeds, run->seed)) continue;
    sample.side.seeds.push_back(run->seed);
    sample.side.values.push_back(*value);
    if (run->test_labels != sample.labels) sample.of_image.clear();
    for (std::size_t i = 0; i < sample.of_image.size(); ++i) sample.of_image[i] += run->test_predictions[i] != run->test_labels[i];
  }
  if (sample.all_values.empty()) return std::nullopt;
  for (double& wrong : sample.of_image) wrong *= 100 / static_cast<double>(sample.side.seeds.size());
  sample.side.spread = spread_of(sample.side.values);
  if (sample.counts_images) {  // a count of images is no closer to the mean it stands for than rounding allows
    const double step = 100 / static_cast<double>(sample.labels.size());
    if (sample.side.spread.df > 0) sample.side.spread.variance = std::max(sample.side.spread.variance, step * step / 12);
  }
  return sample;
}

}  // namespace

FailedSeeds failed_seeds(const Runs& runs) {
  FailedSeeds failed;
  Runs with_predictions;
  std::vector<double> errors;
  for (const records::RunRecord* run : runs) {
    if (!has_predictions(*run)) continue;
    with_predictions.push_back(run);
    errors.push_back(*value_of(*run, "test_error"));
  }
  if (errors.empty()) return failed;
  const double guessing = error_of_guessing(*with_predictions.front());
  const double apart = errors.size() < kMinSeedsApart ? std::numeric_limits<double>::infinity() : apart_from(errors, guessing);
  failed.one_class = true;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const bool one_class = answers_one_class(*with_predictions[i]);
    if (!one_class && errors[i] < kGuessing * guessing && errors[i] < apart) continue;
    failed.seeds.push_back(with_predictions[i]->seed);
    failed.one_class = failed.one_class && one_class;
  }
  failed.one_class = failed.one_class && !failed.seeds.empty();
  return failed;
}

double variance_over_images(const std::vector<double>& values) {
  return spread_of(values).variance;
}

Samples::Samples(const std::vector<RunGroup>& groups) : groups_(&groups) {}

const std::optional<PriorSpread>& Samples::prior(const RunGroup& group, const std::string& metric) {
  const auto key = std::make_tuple(group.scale, group.dataset(), metric);
  const auto known = priors_.find(key);
  if (known != priors_.end()) return known->second;
  std::vector<Spread> spreads;
  std::set<std::vector<double>> seen;  // trials that look at one net again have its numbers
  for (const RunGroup& other : *groups_) {
    if (other.scale != group.scale || other.dataset() != group.dataset()) continue;
    const auto sample = own_sample(other, metric);
    if (sample && sample->failed.seeds.empty() && sample->diverged == 0 && seen.insert(sample->side.values).second)
      spreads.push_back(sample->side.spread);
  }
  return priors_.emplace(key, prior_spread(spreads)).first->second;
}

std::optional<Sample> Samples::of(const RunGroup& group, const std::string& metric) {
  std::optional<Sample> sample = own_sample(group, metric);
  if (sample) sample->side.spread = moderated(sample->side.spread, prior(group, metric));
  return sample;
}

}  // namespace reprise::reports
