#pragma once
// What numbers over seeds decide about a statement: an estimate with its standard error, the region that is claimed, a level.
// README.md in this folder has rules, reasons and references.

#include <cstdint>
#include <string>
#include <vector>

#include "reports/statistics/statistics.hpp"

namespace reprise::reports {

/// What a statement allows its quantity to be; bounds may be infinite.
struct Region {
  double low = 0;
  double high = 0;
  bool closed = false;  ///< the bounds themselves are allowed: "at least" as against "more than"

  bool holds(double value) const;
  /// How far it is to the nearest bound, which decides the other way.
  double distance(double value) const;
};

enum class Decision { inside, outside, undecided };

/// Inside if the interval of confidence 1 - level lies inside the region, outside if it lies outside. At level 0 nothing is decided.
Decision decide(const MeanEstimate& estimate, const Region& region, double level);

/// The smallest two-sided level at which the estimate would decide about the region, one way or the other.
double p_value(const MeanEstimate& estimate, const Region& region);

/// One side of a comparison: the seeds of a trial that count, and how they spread.
struct Side {
  std::string trial;
  std::vector<std::int64_t> seeds;
  std::vector<double> values;  ///< one per seed
  Spread spread;               ///< of one seed, borrowed in part where they are few

  MeanOfRuns mean() const;
};

/// A difference of two trials, or a trial against a bound, and what it decides.
struct Comparison {
  Side left, right;  ///< right.trial empty: a bound on the left one
  /// Both sides look at the same runs, seed by seed: the estimate is a mean of differences, whose spread is left.spread, and right.spread
  /// is none.
  bool is_paired = false;
  std::string metric, unit;
  Region region;
  MeanEstimate estimate;             ///< by how much left is better (for `within`: left minus right); the left one's mean for a bound
  double new_images_half_width = 0;  ///< of the 95 % interval for other test images as well; 0: the metric counts no images
  double level = 0;                  ///< two-sided, of the look that the seeds allow (sequential.hpp); 0: too few seeds
  double p = 1;
  Decision decision = Decision::undecided;
  /// Precondition that is not met: "capsnet-2: one class for all images"; then nothing is decided.
  std::string obstacle;
  enum class Obstacle { none, did_not_train, baseline_did_not_train, some_seeds_failed, censored } obstacle_kind = Obstacle::none;

  int seeds() const;  ///< of the side with fewer
};

/// What the comparisons of a claim say together. It holds if all parts do; one that does not hold refutes it, at a level divided by their
/// number (Bonferroni), which is why `decision` of a part may change here.
struct Whole {
  Decision decision = Decision::undecided;
  double p = 1;
  int seeds = 0;
};
Whole decide_all(std::vector<Comparison>& parts);

}  // namespace reprise::reports
