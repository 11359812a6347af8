#pragma once
// The claims of a paper, each tested on every setting whose runs allow it.

#include <vector>

#include "reports/run_groups.hpp"

namespace reprise::reports {

/// One result per claim and setting (scale, data set, variation) where all its trials have runs; one "not tested", which
/// says what is missing, for a claim without any.
std::vector<ClaimResult> test_claims(const catalog::Paper& paper, const std::vector<RunGroup>& groups);

/// One comparison of a claim: a quantity, what it may be, and the words for it.
struct ClaimComparison {
  Estimate estimate;
  Region region;
  std::string unit;  ///< of the quantity
  std::string sentence;
  std::string name;  ///< short, for the picture
};

/// By how much `left` is better than `right` (`gain`) or differs from it, over the seeds both have. Uses the outcomes on
/// the same test images when the metric is an error of predictions and the labels agree, else the seeds alone.
/// Nothing if no seed is common to both or a run lacks the metric.
std::optional<ClaimComparison> compare_groups(const RunGroup& left, const RunGroup& right, const std::string& metric, bool gain,
                                              const Region& region);

/// The metric of one trial against bounds.
std::optional<ClaimComparison> measure_group(const RunGroup& group, const std::string& metric, const Region& region);

}  // namespace reprise::reports
