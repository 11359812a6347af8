#include "reports/statistics/spread.hpp"

#include <algorithm>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/polygamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>
#include <numeric>

namespace reprise::reports {
namespace {

/// y with trigamma(y) = x > 0, by Newton's method from below (Smyth 2004, appendix).
double inverse_trigamma(double x) {
  constexpr double kCloseEnough = 1e-10;
  constexpr int kMaxSteps = 50;
  double y = 0.5 + 1 / x;
  for (int i = 0; i < kMaxSteps; ++i) {
    const double value = boost::math::trigamma(y), step = value * (1 - value / x) / boost::math::polygamma(2, y);
    y += step;
    if (-step / y < kCloseEnough) break;
  }
  return y;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Between the two nearest values in proportion.
double upper_quartile(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double place = 0.75 * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double above = values[std::min(below + 1, values.size() - 1)];
  return values[below] + (place - static_cast<double>(below)) * (above - values[below]);
}

}  // namespace

Spread spread_of(const std::vector<double>& values) {
  if (values.size() < 2) return {};
  const double mean = mean_of(values);
  double sum = 0;
  for (double value : values) sum += (value - mean) * (value - mean);
  const auto df = static_cast<double>(values.size() - 1);
  return {sum / df, df};
}

std::optional<PriorSpread> prior_spread(const std::vector<Spread>& spreads) {
  std::vector<double> variances, logarithms, noise;
  double total_df = 0;
  for (const Spread& spread : spreads) {
    if (spread.variance <= 0 || spread.df <= 0) continue;
    const double half = spread.df / 2;
    variances.push_back(spread.variance);
    logarithms.push_back(std::log(spread.variance) - boost::math::digamma(half) + std::log(half));
    noise.push_back(boost::math::trigamma(half));
    total_df += spread.df;
  }
  if (variances.size() < kMinTrials) return std::nullopt;
  const double mean = mean_of(logarithms), between = spread_of(logarithms).variance - mean_of(noise);
  PriorSpread prior{std::exp(mean), kMaxPriorDf, total_df};
  if (between > 0) {
    const double half = inverse_trigamma(between);
    prior.variance = std::exp(mean + boost::math::digamma(half) - std::log(half));
    prior.df = std::min(2 * half, kMaxPriorDf);
  }
  prior.variance = std::max(prior.variance, upper_quartile(variances));
  return prior;
}

Spread moderated(const Spread& own, const std::optional<PriorSpread>& prior) {
  if (!prior || own.df <= 0 || own.df + 1 > kMaxBorrowingSeeds) return own;
  return {(prior->df * prior->variance + own.df * own.variance) / (prior->df + own.df), std::min(prior->df + own.df, prior->total_df),
          true};
}

}  // namespace reprise::reports
