#pragma once
// The numbers of a group of runs, made ready for comparison: which seeds count, how they spread, what speaks against them.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "reports/runs/run_groups.hpp"
#include "reports/statistics/decision.hpp"

namespace reprise::reports {

/// Runs whose predictions are no result of training. A seed fails if it
/// - answers one class for all test images,
/// - or errs on nine tenths of what guessing does or more,
/// - or, of at least three seeds, lies apart: from the next better seed it is further than a quarter of that one's way to guessing, and
///   further than three times the range of all better seeds.
struct FailedSeeds {
  std::vector<std::int64_t> seeds;
  bool one_class = false;  ///< all of them answer one class
};
/// Of runs with predictions; none of others.
FailedSeeds failed_seeds(const std::vector<const records::RunRecord*>& runs);

struct Sample {
  Side side;                         ///< of the seeds that have not failed
  std::vector<std::string> of_runs;  ///< trials whose runs, one of each for a seed, it is made of
  std::string metric, unit;
  std::vector<std::int64_t> all_seeds;
  std::vector<double> all_values;
  FailedSeeds failed;
  std::size_t diverged = 0;        ///< seeds beside `all_seeds` that left the finite numbers; of metrics that count images
  bool equal_predictions = false;  ///< two seeds or more, and all predict the same
  bool censored = false;           ///< in some run the largest value tried did not suffice: the true one is larger
  bool counts_images = false;      ///< an error or accuracy of predictions
  std::vector<std::int32_t> labels;
  std::vector<double> of_image;  ///< mean over `side.seeds` of 100 where wrong and 0 where right; of metrics that count images

  std::size_t seeds_started() const { return all_seeds.size() + diverged; }
  bool all_failed() const { return side.seeds.empty() && !failed.seeds.empty(); }
};

/// Variance over images of `values`.
double variance_over_images(const std::vector<double>& values);

/// Samples of the groups of one paper; trials of one scale, data set and metric lend each other their spread.
class Samples {
 public:
  explicit Samples(const std::vector<RunGroup>& groups);
  Samples(std::vector<RunGroup>&&) = delete;

  /// Nothing if no run of the group has the metric.
  std::optional<Sample> of(const RunGroup& group, const std::string& metric);

 private:
  const std::optional<PriorSpread>& prior(const RunGroup& group, const std::string& metric);

  const std::vector<RunGroup>* groups_;
  std::map<std::tuple<std::string, std::string, std::string>, std::optional<PriorSpread>> priors_;  ///< by scale, data set, metric
};

}  // namespace reprise::reports
