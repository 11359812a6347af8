#pragma once
// The claims of a paper, each tested on every setting whose runs allow it.

#include <vector>

#include "reports/runs/samples.hpp"

namespace reprise::reports {

/// One result per claim and setting (scale, data set, variation, answer version) where all its trials have runs; one "not run", which
/// says what is missing, for a claim without any. `diverged`: groups all of whose seeds diverged.
std::vector<ClaimResult> test_claims(const catalog::Paper& paper, const std::vector<RunGroup>& groups, Samples& samples,
                                     const std::vector<RunGroup>& diverged = {});

/// The comparisons that a claim consists of: of two trials, or of one with a bound (right empty).
struct ClaimPart {
  std::string left, right;
  Region region;
};
std::vector<ClaimPart> parts_of(const catalog::ClaimDefinition& claim);

/// By how much `left` is better than `right` (`gain`) or differs from it; a bound on `left` without `right`. `error_below`: see
/// catalog::Claim. Decided at the level of the look that the seeds allow.
Comparison compare_samples(const Sample& left, const Sample* right, bool gain, const Region& region, std::optional<double> error_below);

}  // namespace reprise::reports
