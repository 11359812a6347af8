#include "reports/statistics/decision.hpp"

#include <algorithm>
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
  if (!std::isfinite(estimate.error) || !(estimate.df > 0)) return 1;
  if (estimate.error == 0) return distance > 0 || region.holds(estimate.value) ? 0 : 1;
  return student_t_two_sided(distance / estimate.error, estimate.df);
}

MeanOfRuns Side::mean() const {
  return {summarize(values).mean, spread, static_cast<double>(values.size())};
}

int Comparison::seeds() const {
  const std::size_t of_left = left.seeds.size();
  return static_cast<int>(right.trial.empty() ? of_left : std::min(of_left, right.seeds.size()));
}

Whole decide_all(std::vector<Comparison>& parts) {
  Whole whole;
  if (parts.empty()) return whole;
  whole.seeds = parts.front().seeds();
  const auto count = static_cast<double>(parts.size());
  double of_all = 0, of_one = 1;
  bool all = true, none = false, obstacle = false;
  for (Comparison& part : parts) {
    whole.seeds = std::min(whole.seeds, part.seeds());
    obstacle = obstacle || !part.obstacle.empty();
    if (part.decision == Decision::outside && decide(part.estimate, part.region, part.level / count) != Decision::outside)
      part.decision = Decision::undecided;
    all = all && part.decision == Decision::inside;
    none = none || part.decision == Decision::outside;
    of_all = std::max(of_all, part.region.holds(part.estimate.value) ? part.p : 1);
    if (!part.region.holds(part.estimate.value)) of_one = std::min(of_one, std::min(1.0, count * part.p));
  }
  whole.p = std::min(of_all, of_one);
  if (obstacle) return whole;
  if (all) whole.decision = Decision::inside;
  if (none) whole.decision = Decision::outside;
  return whole;
}

}  // namespace reprise::reports
