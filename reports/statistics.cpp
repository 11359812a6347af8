#include "reports/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace reprise::reports {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kTwoSided95 = 0.975;
constexpr std::int64_t kExactBelow = 25;  // discordant images; above, mid-p keeps its level and is less conservative

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double variance_of(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double sum = 0;
  for (double value : values) sum += (value - mean) * (value - mean);
  return sum / static_cast<double>(values.size() - 1);
}

// Squared half-width of the 95 % interval of one part of an estimate.
double squared_half_width(double variance, double df) {
  if (variance <= 0) return 0;
  const double t = student_t_quantile(kTwoSided95, df);
  return t * t * variance;
}

}  // namespace

Summary summarize(const std::vector<double>& values) {
  Summary summary{static_cast<int>(values.size()), kNan, kNan};
  if (!values.empty()) summary.mean = mean_of(values);
  if (values.size() > 1) summary.sd = std::sqrt(variance_of(values));
  return summary;
}

double student_t_quantile(double p, double df) {
  return boost::math::quantile(boost::math::students_t(df), p);
}

double binomial_two_sided(std::int64_t successes, std::int64_t trials) {
  if (trials == 0) return 1;
  const boost::math::binomial fair(static_cast<double>(trials), 0.5);
  const auto fewer = static_cast<double>(std::min(successes, trials - successes));
  return std::min(1.0, 2 * boost::math::cdf(fair, fewer));
}

Interval binomial_interval(std::int64_t successes, std::int64_t trials, double confidence) {
  using boost::math::binomial;
  const auto n = static_cast<double>(trials), k = static_cast<double>(successes);
  const double tail = (1 - confidence) / 2;
  return {binomial::find_lower_bound_on_p(n, k, tail), binomial::find_upper_bound_on_p(n, k, tail)};
}

McNemar mcnemar(const std::vector<std::int32_t>& labels, const std::vector<std::int32_t>& left, const std::vector<std::int32_t>& right) {
  if (labels.size() != left.size() || labels.size() != right.size()) throw std::invalid_argument("mcnemar: lengths differ");
  McNemar test;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const bool left_wrong = left[i] != labels[i], right_wrong = right[i] != labels[i];
    test.left_only_wrong += left_wrong && !right_wrong;
    test.right_only_wrong += right_wrong && !left_wrong;
  }
  const std::int64_t discordant = test.left_only_wrong + test.right_only_wrong;
  test.p = binomial_two_sided(test.left_only_wrong, discordant);
  test.method = "exact";
  if (discordant >= kExactBelow) {
    const boost::math::binomial fair(static_cast<double>(discordant), 0.5);
    const auto fewer = static_cast<double>(std::min(test.left_only_wrong, test.right_only_wrong));
    test.p = std::min(1.0, 2 * boost::math::cdf(fair, fewer) - boost::math::pdf(fair, fewer));
    test.method = "mid-p";
  }
  return test;
}

PairedT paired_t(const std::vector<double>& differences) {
  const Summary summary = summarize(differences);
  PairedT test{summary.n, summary.mean, summary.sd, kNan, kNan};
  if (summary.n < 2) return test;
  if (summary.sd == 0) {
    test.t = summary.mean == 0 ? 0 : std::copysign(kInfinity, summary.mean);
    test.p = summary.mean == 0 ? 1 : 0;
    return test;
  }
  test.t = summary.mean / (summary.sd / std::sqrt(summary.n));
  test.p = 2 * boost::math::cdf(boost::math::students_t(summary.n - 1), -std::abs(test.t));
  return test;
}

double MeanEstimate::half_width(double level) const {
  if (level <= 0 || !std::isfinite(error)) return kInfinity;
  if (error == 0) return 0;
  return df > 0 ? student_t_quantile(1 - level / 2, df) * error : kInfinity;
}

double Estimate::half_width_with(int seed_count) const {
  const double n = seed_count;
  if (images == 0) return seed_count < 2 || !seed_spread_known ? kInfinity : std::sqrt(squared_half_width(seed_variance / n, n - 1));
  const auto image_count = static_cast<double>(images);
  // What the images themselves contribute does not shrink with more seeds; the rest does.
  const double of_images = std::max(0.0, image_variance - residual_variance / seeds);
  const double image_part = squared_half_width((of_images + residual_variance / n) / image_count, image_count - 1);
  return seed_count < 2 ? std::sqrt(image_part) : std::sqrt(squared_half_width(seed_variance / n, n - 1) + image_part);
}

Estimate estimate_from_seeds(const std::vector<double>& values) {
  Estimate estimate;
  const Summary summary = summarize(values);
  estimate.seeds = summary.n;
  estimate.value = summary.mean;
  estimate.seed_spread_known = summary.n > 1;
  if (estimate.seed_spread_known) estimate.seed_variance = summary.sd * summary.sd;
  const double width = estimate.half_width_with(summary.n);
  estimate.low = summary.mean - width;
  estimate.high = summary.mean + width;
  return estimate;
}

Estimate estimate_from_outcomes(const std::vector<std::vector<std::int8_t>>& outcomes, double unit) {
  if (outcomes.empty() || outcomes.front().size() < 2) throw std::invalid_argument("estimate_from_outcomes: no outcomes");
  const std::size_t seeds = outcomes.size(), images = outcomes.front().size();
  std::vector<double> of_seed(seeds, 0), of_image(images, 0);
  for (std::size_t s = 0; s < seeds; ++s) {
    if (outcomes[s].size() != images) throw std::invalid_argument("estimate_from_outcomes: seeds saw different numbers of images");
    for (std::size_t i = 0; i < images; ++i) {
      of_seed[s] += unit * outcomes[s][i] / static_cast<double>(images);
      of_image[i] += unit * outcomes[s][i] / static_cast<double>(seeds);
    }
  }
  Estimate estimate;
  estimate.seeds = static_cast<int>(seeds);
  estimate.images = static_cast<std::int64_t>(images);
  estimate.value = mean_of(of_seed);
  estimate.image_variance = variance_of(of_image) + unit * unit / static_cast<double>(images);
  estimate.seed_spread_known = seeds > 1;
  if (estimate.seed_spread_known) {
    estimate.seed_variance = variance_of(of_seed);
    double squares = 0;
    for (std::size_t s = 0; s < seeds; ++s) {
      for (std::size_t i = 0; i < images; ++i) {
        const double residual = unit * outcomes[s][i] - of_seed[s] - of_image[i] + estimate.value;
        squares += residual * residual;
      }
    }
    estimate.residual_variance = squares / (static_cast<double>(seeds - 1) * static_cast<double>(images - 1));
  } else {
    // One seed cannot tell image from noise: forecasts take all of it as noise, and the seeds' spread as the noise alone.
    estimate.residual_variance = estimate.image_variance;
    estimate.seed_variance = estimate.image_variance / static_cast<double>(images);
  }
  const double width = estimate.half_width_with(estimate.seeds);
  estimate.low = estimate.value - width;
  estimate.high = estimate.value + width;
  return estimate;
}

}  // namespace reprise::reports
