#include "reports/sequential.hpp"

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

/// Half-widths of an interval around `value` up to which it decides: inside the region or outside.
struct Room {
  double inside = 0, outside = 0;
  double largest() const { return std::max(inside, outside); }
};
Room room_of(double value, const Region& region) {
  return {std::min(value - region.low, region.high - value), std::max(region.low - value, value - region.high)};
}

double nearest_bound(double value, const Region& region) {
  return std::abs(value - region.low) <= std::abs(value - region.high) ? region.low : region.high;
}

/// The share of the distance to the bound that is believed.
double believed(const MeanEstimate& now, const Region& region) {
  if (now.error == 0) return 1;
  const double t = region.distance(now.value) / now.error;
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
constexpr int kParts = 32;  // of a spread, and of a mean: a chance is off by half a part, 1.6 points, at most

bool decides(const MeanEstimate& estimate, const Region& region, double level) {
  return decide(estimate, region, level) != Decision::undecided;
}

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

Later later_look(const MeanEstimate& now, int seeds_now, int seeds) {
  const double per_seed = seeds_now > 1 ? std::clamp(now.df / (seeds_now - 1), 1.0, 2.0) : 1;
  return {static_cast<double>(seeds) / seeds_now, now.df + per_seed * (seeds - seeds_now), level_at(seeds)};
}

double shrunk(const MeanEstimate& now, const Region& region) {
  const double bound = nearest_bound(now.value, region);
  return bound + believed(now, region) * (now.value - bound);
}

// Of the look's mean M and variance v, given the unknown variance s of today's estimate (in units of one look of today's size):
//   mean of the new seeds  X ~ N(shrunk, s (1 / (growth - 1) + believed)),   M = (now + (growth - 1) X) / growth,
//   df' v = df error^2 + s chi2(df' - df - 1) + (growth - 1) / growth (X - now)^2,
// and s = df error^2 / chi2(df). The look decides if t sqrt(v / growth) is below the room of M.
double chance_of_decision(const MeanEstimate& now, const Region& region, const Later& later) {
  if (!std::isfinite(now.error)) return std::numeric_limits<double>::quiet_NaN();
  if (now.error == 0) return decides(now, region, later.level);
  if (later.level == 0) return 0;
  using boost::math::chi_squared;
  const double t = student_t_quantile(1 - later.level / 2, later.df);
  const double center = shrunk(now, region), new_share = (later.growth - 1) / later.growth;
  const double squares = now.df * now.error * now.error, new_df = later.df - now.df - 1;
  const std::vector<double> normal = midpoints(boost::math::normal(), kParts);
  double sum = 0;
  for (const double chi : midpoints(chi_squared(now.df), kParts)) {
    const double variance = squares / chi;
    const double deviation = std::sqrt(variance * (1 / (later.growth - 1) + believed(now, region)));
    for (const double z : normal) {
      const double fresh = center + deviation * z, mean = now.value + new_share * (fresh - now.value);
      const double room = room_of(mean, region).largest() / t;
      if (room <= 0) continue;
      const double left = later.growth * later.df * room * room - squares - new_share * (fresh - now.value) * (fresh - now.value);
      if (left <= 0) continue;
      sum += new_df > 0 ? boost::math::cdf(chi_squared(new_df), left / variance) : 1;
    }
  }
  return sum / (kParts * kParts);
}

double power(double effect, double error, double df, const Region& region, double level) {
  if (level == 0) return 0;
  const double t = student_t_quantile(1 - level / 2, df);
  double sum = 0;
  for (const double chi : midpoints(boost::math::chi_squared(df), kPartsOfPower)) {
    const double width = t * error * std::sqrt(chi / df);
    const auto below = [&](double bound) { return normal_above((effect - bound) / error); };
    sum += below(region.low - width) + normal_above((region.high + width - effect) / error);
    sum += std::max(0.0, below(region.high - width) - below(region.low + width));
  }
  return sum / kPartsOfPower;
}

std::optional<int> seeds_for_power(const MeanEstimate& now, int seeds_now, const Region& region) {
  if (seeds_now < kLooks.front() || !std::isfinite(now.error)) return std::nullopt;
  const double effect = shrunk(now, region);
  return smallest_that(seeds_now + 1, kMostSeedsForecast, [&](int seeds) {
    const Later later = later_look(now, seeds_now, seeds);
    if (now.error == 0) return decides(now, region, later.level);
    return power(effect, now.error / std::sqrt(later.growth), later.df, region, later.level) >= kForecastPower;
  });
}

}  // namespace reprise::reports
