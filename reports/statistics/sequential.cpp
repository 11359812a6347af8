#include "reports/statistics/sequential.hpp"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace reprise::reports {
namespace {

/// Of kErrorRate; the rest pays for estimated spreads and for readings between looks (by simulation, in sequential_test).
constexpr double kSpent = 0.04;
constexpr double kGamma = -4;

/// Error spent when this fraction of the seeds is there.
double spent_by(double fraction) {
  return kSpent * (1 - std::exp(-kGamma * fraction)) / (1 - std::exp(-kGamma));
}

double normal_density(double x) {
  return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
}

double normal_above(double x) {
  return std::erfc(x / std::numbers::sqrt2) / 2;
}

/// The sum of n standard normal values, where no earlier look has decided: its density on a grid between the boundaries of the last look.
/// Armitage, McPherson and Rowe (1969).
class UndecidedSum {
 public:
  /// Spends `error` at a look with `seeds` seeds and returns the boundary of the standardised sum.
  double look(int seeds, double error) {
    const double boundary = boundary_that_spends(seeds, error);
    advance(seeds, boundary * std::sqrt(seeds));
    return boundary;
  }

 private:
  static constexpr int kIntervals = 400;  ///< of Simpson's rule; levels change by less than 1e-8 with twice as many
  static constexpr int kHalvings = 60;
  static constexpr double kFarOut = 15;

  double beyond(int seeds, double boundary) const {
    if (sums_.empty()) return 2 * normal_above(boundary);
    const double edge = boundary * std::sqrt(seeds), step = std::sqrt(seeds - seeds_);
    double probability = 0;
    for (std::size_t i = 0; i < sums_.size(); ++i)
      probability += mass_[i] * (normal_above((edge - sums_[i]) / step) + normal_above((edge + sums_[i]) / step));
    return probability;
  }

  double boundary_that_spends(int seeds, double error) const {
    double low = 0, high = kFarOut;
    for (int i = 0; i < kHalvings; ++i) {
      const double middle = (low + high) / 2;
      (beyond(seeds, middle) > error ? low : high) = middle;
    }
    return (low + high) / 2;
  }

  void advance(int seeds, double edge) {
    std::vector<double> sums, mass;
    const double step = std::sqrt(seeds - seeds_);
    for (int i = 0; i <= kIntervals; ++i) {
      const double sum = edge * (2.0 * i / kIntervals - 1);
      double density = sums_.empty() ? normal_density(sum / step) / step : 0;
      for (std::size_t j = 0; j < sums_.size(); ++j) density += mass_[j] * normal_density((sum - sums_[j]) / step) / step;
      const double weight = i == 0 || i == kIntervals ? 1 : i % 2 == 1 ? 4 : 2;
      sums.push_back(sum);
      mass.push_back(density * weight * 2 * edge / kIntervals / 3);
    }
    sums_ = std::move(sums);
    mass_ = std::move(mass);
    seeds_ = seeds;
  }

  int seeds_ = 0;
  std::vector<double> sums_, mass_;  ///< places of the grid; density times width
};

using Levels = std::array<double, kLooks.size()>;

Levels compute_levels() {
  Levels levels{};
  UndecidedSum sum;
  double spent = 0;
  for (std::size_t i = 0; i < kLooks.size(); ++i) {
    const double by_now = spent_by(static_cast<double>(kLooks[i]) / kLooks.back());
    levels[i] = 2 * normal_above(sum.look(kLooks[i], by_now - spent));
    spent = by_now;
  }
  return levels;
}

/// The largest half-width with which an interval around `value` still decides; not positive if none does.
double room_of(double value, const Rule& rule) {
  const double inside = std::min(value - rule.inside.low, rule.inside.high - value);
  return std::max({inside, rule.apart.low - value, value - rule.apart.high});
}

/// Where the room is least: half-way between the two regions' bounds on one side.
double hardest_value(double value, const Rule& rule) {
  const double low = (rule.inside.low + rule.apart.low) / 2, high = (rule.inside.high + rule.apart.high) / 2;
  return std::abs(value - low) <= std::abs(value - high) ? low : high;
}

/// The share of the distance to the hardest value that is believed.
double believed(const MeanEstimate& now, const Rule& rule) {
  if (now.error == 0) return 1;
  const double t = (now.value - hardest_value(now.value, rule)) / now.error;
  return t * t / (1 + t * t);
}

/// Midpoints of `count` equal parts of a distribution.
template <typename Distribution>
std::vector<double> midpoints(const Distribution& distribution, int count) {
  std::vector<double> places;
  for (int i = 0; i < count; ++i) places.push_back(boost::math::quantile(distribution, (i + 0.5) / count));
  return places;
}
constexpr int kPartsOfPower = 256;
constexpr double kSameDf = 1e-9;
constexpr int kParts = 32;  // of a spread, and of a mean: a chance is off by half a part, 1.6 points, at most

/// The smallest number in [low, high] that suffices, if all larger ones do; high + 1 if none does.
int smallest_that(int low, int high, const auto& suffices) {
  if (!suffices(high)) return high + 1;
  while (low < high) {
    const int middle = low + (high - low) / 2;
    if (suffices(middle))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

}  // namespace

int last_look(int seeds) {
  const auto above = std::upper_bound(kLooks.begin(), kLooks.end(), seeds);
  return above == kLooks.begin() ? 0 : *(above - 1);
}

int next_look(int seeds) {
  const auto above = std::upper_bound(kLooks.begin(), kLooks.end(), seeds);
  return above == kLooks.end() ? 0 : *above;
}

double level_at(int seeds) {
  static const Levels levels = compute_levels();
  const auto above = std::upper_bound(kLooks.begin(), kLooks.end(), seeds);
  return above == kLooks.begin() ? 0 : levels[static_cast<std::size_t>(above - kLooks.begin()) - 1];
}

Rule rule_of_claim(const Region& claimed) {
  return {claimed, claimed};
}

Rule rule_of_published_number(const Region& margin) {
  return {margin, {0, 0, true}};
}

Later later_look(const Comparison& now, int seeds) {
  double stays = now.estimate.error * now.estimate.error, ours = 0, welch = 0;
  for (const Side* side : {&now.left, &now.right}) {
    if (side->seeds.empty()) continue;
    const auto here = static_cast<double>(side->seeds.size()), then = std::max(here, static_cast<double>(seeds));
    const double part = side->spread.variance / then;
    stays -= side->spread.variance / here;
    ours += part;
    welch += part * part / (then - 1);
  }
  const double later = std::max(0.0, stays) + ours;
  return {later > 0 ? now.estimate.error * now.estimate.error / later : 1, welch > 0 ? ours * ours / welch : seeds - 1.0, level_at(seeds)};
}

double shrunk(const MeanEstimate& now, const Rule& rule) {
  const double hardest = hardest_value(now.value, rule);
  return hardest + believed(now, rule) * (now.value - hardest);
}

// Of the look's mean M and variance v, given the unknown variance s of today's estimate, in units of the information of today:
//   mean of the new seeds  X ~ N(shrunk, s (1 / (growth - 1) + believed)),   M = now + (growth - 1) / growth (X - now),
//   df' v = df error^2 + s chi2(df' - df - 1) + (growth - 1) / growth (X - now)^2,
// and s = df error^2 / chi2(df). A spread that is borrowed now and will be the seeds' own then may have fewer degrees of freedom: df' v =
// s chi2(df'). The look decides if t sqrt(v / growth) is less than the room of M.
double chance_of_decision(const MeanEstimate& now, const Rule& rule, const Later& later) {
  if (!std::isfinite(now.error)) return std::numeric_limits<double>::quiet_NaN();
  if (now.error == 0) return room_of(now.value, rule) > 0 ? 1 : 0;
  if (later.level == 0 || later.growth <= 1) return 0;
  using boost::math::chi_squared;
  const double t = student_t_quantile(1 - later.level / 2, later.df);
  const double center = shrunk(now, rule), new_share = (later.growth - 1) / later.growth;
  const double new_df = later.df - now.df - 1;
  const bool counts_on = new_df > -kSameDf;
  const double squares = counts_on ? now.df * now.error * now.error : 0;
  const std::vector<double> normal = midpoints(boost::math::normal(), kParts);
  double sum = 0;
  for (const double chi : midpoints(chi_squared(now.df), kParts)) {
    const double variance = now.df * now.error * now.error / chi;
    const double deviation = std::sqrt(variance * (1 / (later.growth - 1) + believed(now, rule)));
    for (const double z : normal) {
      const double moved = center + deviation * z - now.value;
      const double room = room_of(now.value + new_share * moved, rule) / t;
      const double left = later.growth * later.df * room * room - squares - (counts_on ? new_share * moved * moved : 0);
      if (room <= 0 || left <= 0) continue;
      const double df = counts_on ? new_df : later.df;
      sum += df > kSameDf ? boost::math::cdf(chi_squared(df), left / variance) : 1;
    }
  }
  return sum / (kParts * kParts);
}

double power(double effect, double error, double df, const Rule& rule, double level) {
  if (level == 0) return 0;
  const double t = student_t_quantile(1 - level / 2, df);
  const auto below = [&](double bound) { return normal_above((effect - bound) / error); };
  double sum = 0;
  for (const double chi : midpoints(boost::math::chi_squared(df), kPartsOfPower)) {
    const double width = t * error * std::sqrt(chi / df);
    const double low = rule.inside.low + width, high = rule.inside.high - width;            // M of a decision "inside"
    const double apart_low = rule.apart.low - width, apart_high = rule.apart.high + width;  // below and above: "apart"
    sum += below(apart_low) + 1 - below(apart_high);
    const double from = std::max(low, apart_low), to = std::min(high, apart_high);  // what is counted already is left out
    if (from < to) sum += below(to) - below(from);
  }
  return sum / kPartsOfPower;
}

std::optional<int> seeds_for_power(const Comparison& now, const Rule& rule) {
  const MeanEstimate& estimate = now.estimate;
  if (now.seeds() < kLooks.front() || !std::isfinite(estimate.error)) return std::nullopt;
  const double effect = shrunk(estimate, rule);
  return smallest_that(now.seeds() + 1, kMostSeedsForecast, [&](int seeds) {
    const Later later = later_look(now, seeds);
    if (estimate.error == 0) return room_of(estimate.value, rule) > 0;
    return power(effect, estimate.error / std::sqrt(later.growth), later.df, rule, later.level) >= kForecastPower;
  });
}

}  // namespace reprise::reports
