#pragma once
// From an estimate with its interval to a verdict on what was claimed.

#include <string>
#include <vector>

#include "reports/decision.hpp"
#include "reports/statistics.hpp"

namespace reprise::reports {

enum class Outcome { reproduced, not_reproduced, undecided, not_tested };

constexpr int kMaxSeeds = 1000;

struct Verdict {
  Outcome outcome = Outcome::not_tested;
  int seeds = 0;
  int seeds_needed = 0;              ///< undecided only; kMaxSeeds + 1: more than that, or more test images; 0: cannot be told
  bool image_sampling_only = false;  ///< one seed: the spread over seeds is not in the interval

  /// "reproduced", "not reproduced", "undecided with 3 seeds (about 8 needed)", "not tested". One seed decides nothing.
  std::string text() const;
  /// The first two words at most, for badges and CSS classes: "reproduced", "not reproduced", "undecided", "not tested".
  std::string word() const;
};

/// Reproduced if the interval lies inside the region, not reproduced if it lies outside, else undecided, with the
/// smallest number of seeds whose expected interval around the same value would decide either way.
Verdict judge(const Estimate& estimate, const Region& claimed);

/// Of a claim that holds if all its parts hold: not reproduced if one part is not, reproduced if all are.
Verdict all_of(const std::vector<Verdict>& parts);

}  // namespace reprise::reports
