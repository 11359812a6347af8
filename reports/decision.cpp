#include "reports/decision.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace reprise::reports {

bool Region::holds(double value) const {
  return closed ? value >= low && value <= high : value > low && value < high;
}

double Region::distance(double value) const {
  return std::min(std::abs(value - low), std::abs(value - high));
}

Decision decide(const MeanEstimate& estimate, const Region& region, double level) {
  const double width = estimate.half_width(level);
  if (!std::isfinite(width)) return Decision::undecided;
  const double low = estimate.value - width, high = estimate.value + width;
  if (region.holds(low) && region.holds(high)) return Decision::inside;
  return high < region.low || low > region.high ? Decision::outside : Decision::undecided;
}

double p_value(const MeanEstimate& estimate, const Region& region) {
  const double distance = region.distance(estimate.value);
  if (!std::isfinite(estimate.error)) return 1;
  if (estimate.error == 0) return distance > 0 || region.holds(estimate.value) ? 0 : 1;
  if (!(estimate.df > 0)) return 1;
  return 2 * boost::math::cdf(boost::math::complement(boost::math::students_t(estimate.df), distance / estimate.error));
}

int Comparison::seeds() const {
  const std::size_t of_left = left.seeds.size();
  return static_cast<int>(right.trial.empty() ? of_left : std::min(of_left, right.seeds.size()));
}

}  // namespace reprise::reports
