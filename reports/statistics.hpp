#pragma once
// Numbers about numbers: means, exact tests, intervals. README.md in this folder says which one is used where and why.

#include <cstdint>
#include <string>
#include <vector>

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

/// Two-sided exact p-value of `successes` of `trials` under probability 1/2; 1 for no trials.
double binomial_two_sided(std::int64_t successes, std::int64_t trials);

struct Interval {
  double low = 0;
  double high = 0;
};

/// Clopper and Pearson's exact interval of a proportion. Fractions, not percent.
Interval binomial_interval(std::int64_t successes, std::int64_t trials, double confidence = 0.95);

/// McNemar's test of two classifiers on the same images: only images that exactly one of them gets wrong count.
struct McNemar {
  std::int64_t left_only_wrong = 0;
  std::int64_t right_only_wrong = 0;
  double p = 1;
  std::string method;  ///< "exact" below 25 discordant images, else "mid-p" (Fagerland, Lydersen and Laake 2013)
};
/// Throws std::invalid_argument if the three lengths differ.
McNemar mcnemar(const std::vector<std::int32_t>& labels, const std::vector<std::int32_t>& left, const std::vector<std::int32_t>& right);

/// Paired t test over seeds: is the mean of the differences zero? n - 1 degrees of freedom, two-sided; p NaN for n < 2.
struct PairedT {
  int n = 0;
  double mean = 0, sd = 0, t = 0, p = 1;
};
PairedT paired_t(const std::vector<double>& differences);

/// How one run of a trial spreads over seeds: a variance, and the degrees of freedom behind it. Of fewer than two seeds: 0 and 0.
struct Spread {
  double variance = 0;
  double df = 0;
};

/// A mean over seeds, or a difference of two, with its standard error. The images are those of the test set: fixed.
struct MeanEstimate {
  double value = 0;
  double error = 0;  ///< standard error over seeds; infinite where the spread is unknown
  double df = 0;     ///< degrees of freedom of the error

  double half_width(double level = 0.05) const;  ///< of the t interval of confidence 1 - level; infinite at level 0
};

/// A mean over seeds (and, where there are outcomes per image, over test images) with its 95 % interval.
///
/// With S2 the variance of the seeds' means and V2 the variance over images of the images' means over seeds, the squared
/// half-width is t(n - 1)^2 S2 / n + t(N - 1)^2 V2 / N: each part with its own degrees of freedom, since a spread over seeds that
/// came out small by chance must not lend the images' certainty to the seeds. The noise that is neither the seed's nor the
/// image's is counted in both terms, so the interval errs to the wide side.
struct Estimate {
  double value = 0;
  double low = 0, high = 0;  ///< infinite where nothing is known of the spread
  int seeds = 0;
  std::int64_t images = 0;  ///< 0: a scalar of the run, no outcomes per image
  bool seed_spread_known = false;
  double seed_variance = 0;      ///< S2
  double image_variance = 0;     ///< V2
  double residual_variance = 0;  ///< of one seed on one image, beyond seed and image

  /// Half-width that the interval would have with so many seeds, if the variances stay as they are.
  double half_width_with(int seed_count) const;
};

/// From one number a seed. One seed: the interval is unbounded.
Estimate estimate_from_seeds(const std::vector<double>& values);

/// From outcomes[seed][image] in {-1, 0, 1}, in units of `unit` (100 for percent). One seed: image sampling only.
/// One more discordant image is added to V2 (after Agresti and Min 2005), so that two nets that agree on all images do not
/// get an interval of width zero. Throws std::invalid_argument if there are no outcomes or the rows differ in length.
Estimate estimate_from_outcomes(const std::vector<std::vector<std::int8_t>>& outcomes, double unit);

}  // namespace reprise::reports
