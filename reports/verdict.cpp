#include "reports/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace reprise::reports {
namespace {

bool inside(double low, double high, const Region& region) {
  if (region.closed) return low >= region.low && high <= region.high;
  return low > region.low && high < region.high;
}
// An infinite bound is never reached: an interval that is unbounded itself must not count as inside.
bool bounded(double low, double high) {
  return std::isfinite(low) && std::isfinite(high);
}
bool outside(double low, double high, const Region& region) {
  return high < region.low || low > region.high;
}

int seeds_that_decide(const Estimate& estimate, const Region& claimed) {
  for (int seeds = estimate.seeds + 1; seeds <= kMaxSeeds; ++seeds) {
    const double width = estimate.half_width_with(seeds);
    const double low = estimate.value - width, high = estimate.value + width;
    if (inside(low, high, claimed) || outside(low, high, claimed)) return seeds;
  }
  return kMaxSeeds + 1;
}

}  // namespace

std::string Verdict::word() const {
  switch (outcome) {
    case Outcome::reproduced:
      return "reproduced";
    case Outcome::not_reproduced:
      return "not reproduced";
    case Outcome::undecided:
      return "undecided";
    case Outcome::not_tested:
      return "not tested";
  }
  return "";
}

std::string Verdict::text() const {
  const std::string with = fmt::format("{} {}", seeds, seeds == 1 ? "seed" : "seeds");
  if (outcome == Outcome::not_tested) return word();
  if (outcome != Outcome::undecided) return word();
  if (seeds_needed == 0) return fmt::format("undecided with {} (at least 2 needed)", with);
  if (seeds_needed > kMaxSeeds) return fmt::format("undecided with {} (more than {} needed)", with, kMaxSeeds);
  return fmt::format("undecided with {} (about {} needed)", with, seeds_needed);
}

Verdict judge(const Estimate& estimate, const Region& claimed) {
  Verdict verdict;
  verdict.seeds = estimate.seeds;
  verdict.image_sampling_only = estimate.images > 0 && !estimate.seed_spread_known;
  // One seed says nothing about the next: whatever its images show, the spread over seeds could undo it.
  if (!estimate.seed_spread_known) {
    verdict.outcome = Outcome::undecided;
  } else if (bounded(estimate.low, estimate.high) && inside(estimate.low, estimate.high, claimed)) {
    verdict.outcome = Outcome::reproduced;
  } else if (outside(estimate.low, estimate.high, claimed)) {
    verdict.outcome = Outcome::not_reproduced;
  } else {
    verdict.outcome = Outcome::undecided;
    verdict.seeds_needed = seeds_that_decide(estimate, claimed);
  }
  return verdict;
}

Verdict all_of(const std::vector<Verdict>& parts) {
  Verdict whole;
  if (parts.empty()) return whole;
  const auto count = [&](Outcome outcome) {
    return static_cast<std::size_t>(std::count_if(parts.begin(), parts.end(), [&](const Verdict& v) { return v.outcome == outcome; }));
  };
  whole.seeds = parts.front().seeds;
  for (const Verdict& part : parts) {
    whole.seeds = std::min(whole.seeds, part.seeds);
    whole.image_sampling_only = whole.image_sampling_only || part.image_sampling_only;
  }
  if (count(Outcome::not_reproduced) > 0) {
    whole.outcome = Outcome::not_reproduced;
  } else if (count(Outcome::not_tested) > 0) {
    whole.outcome = Outcome::not_tested;
  } else if (count(Outcome::undecided) == 0) {
    whole.outcome = Outcome::reproduced;
  } else {
    whole.outcome = Outcome::undecided;
    bool untold = false;
    for (const Verdict& part : parts) {
      untold = untold || (part.outcome == Outcome::undecided && part.seeds_needed == 0);
      whole.seeds_needed = std::max(whole.seeds_needed, part.seeds_needed);
    }
    if (untold && whole.seeds_needed <= kMaxSeeds) whole.seeds_needed = 0;
  }
  return whole;
}

}  // namespace reprise::reports
