#include "reports/sequential.hpp"

#include <algorithm>
#include <cmath>
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

}  // namespace reprise::reports
