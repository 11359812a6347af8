#include "reports/statistics/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

namespace reprise::reports {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLevel = 0.05;
constexpr double kFewSeeds = 3;

bool has_few(const MeanOfRuns& mean) {
  return mean.n <= kFewSeeds && !mean.spread.borrowed;
}

}  // namespace

Summary summarize(const std::vector<double>& values) {
  Summary summary{static_cast<int>(values.size()), kNan, kNan};
  if (!values.empty()) summary.mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  if (values.size() > 1) summary.sd = std::sqrt(spread_of(values).variance);
  return summary;
}

double student_t_quantile(double p, double df) {
  return boost::math::quantile(boost::math::students_t(df), p);
}

double student_t_two_sided(double t, double df) {
  return 2 * boost::math::cdf(boost::math::complement(boost::math::students_t(df), std::abs(t)));
}

double MeanEstimate::half_width(double level) const {
  if (level <= 0 || !std::isfinite(error)) return kInfinity;
  if (error == 0) return 0;
  return df > 0 ? student_t_quantile(1 - level / 2, df) * error : kInfinity;
}

MeanEstimate estimate_of(const MeanOfRuns& mean) {
  if (mean.spread.df <= 0) return {mean.mean, kInfinity, 0};
  return {mean.mean, std::sqrt(mean.spread.variance / mean.n), mean.spread.df};
}

MeanEstimate difference_of(const MeanOfRuns& left, const MeanOfRuns& right) {
  MeanEstimate estimate{left.mean - right.mean, kInfinity, 0};
  if (left.spread.df <= 0 || right.spread.df <= 0) return estimate;
  const double a = left.spread.variance / left.n, b = right.spread.variance / right.n;
  const double fewer = std::min(left.spread.df, right.spread.df);
  estimate.error = std::sqrt(a + b);
  estimate.df = a + b > 0 ? (a + b) * (a + b) / (a * a / left.spread.df + b * b / right.spread.df) : fewer;
  if (left.n != right.n && has_few(left.n < right.n ? left : right)) estimate.df = fewer;
  return estimate;
}

double half_width_on_new_images(const MeanEstimate& estimate, double variance_over_images, std::int64_t images) {
  const auto n = static_cast<double>(images);
  return std::hypot(estimate.half_width(kLevel), MeanEstimate{0, std::sqrt(variance_over_images / n), n - 1}.half_width(kLevel));
}

std::vector<double> false_discovery_rates(const std::vector<double>& p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p_values[a] > p_values[b]; });
  std::vector<double> rates(p_values.size());
  double rate = 1;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto rank = static_cast<double>(order.size() - i);
    rate = std::min(rate, p_values[order[i]] * static_cast<double>(order.size()) / rank);
    rates[order[i]] = rate;
  }
  return rates;
}

}  // namespace reprise::reports
