#pragma once
// Numbers about numbers: means, errors and intervals over seeds. README.md in this folder says which one is used where and why.

#include <cstdint>
#include <limits>
#include <vector>

#include "reports/statistics/spread.hpp"

namespace reprise::reports {

/// Mean and sample standard deviation (n - 1 in the denominator; NaN for n < 2, mean NaN for n = 0).
struct Summary {
  int n = 0;
  double mean = 0;
  double sd = 0;
};
Summary summarize(const std::vector<double>& values);

/// The t for which a Student variable with `df` > 0 degrees of freedom (not necessarily whole) is below it with probability p.
double student_t_quantile(double p, double df);

/// The probability that such a variable is further from zero than t.
double student_t_two_sided(double t, double df);

/// A mean over seeds, or a difference of two, with its standard error. The images are those of the test set: fixed.
struct MeanEstimate {
  double value = 0;
  double error = std::numeric_limits<double>::infinity();  ///< standard error over seeds; infinite where the spread is unknown
  double df = 0;                                           ///< degrees of freedom of the error

  double half_width(double level = 0.05) const;  ///< of the t interval of confidence 1 - level; infinite at level 0
};

/// A mean of `n` runs that spread like this.
struct MeanOfRuns {
  double mean = 0;
  Spread spread;
  double n = 0;
};

/// Of one seed and no spread: an infinite error.
MeanEstimate estimate_of(const MeanOfRuns& mean);

/// left - right, by Welch's (1947) test: spreads may differ, seeds are not paired. Of unequal numbers of seeds, one of them at most three
/// with a spread of its own alone, the degrees of freedom are those of the side that has fewer.
MeanEstimate difference_of(const MeanOfRuns& left, const MeanOfRuns& right);

/// Half-width of the 95 % interval for other test images as well: the estimate's over seeds, and that of a mean over images whose values
/// have this variance. Each keeps its own degrees of freedom.
double half_width_on_new_images(const MeanEstimate& estimate, double variance_over_images, std::int64_t images);

/// The q value of each p value: the smallest false discovery rate at which it counts (Benjamini and Hochberg 1995).
std::vector<double> false_discovery_rates(const std::vector<double>& p_values);

}  // namespace reprise::reports
