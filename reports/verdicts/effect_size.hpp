#pragma once
// Is a claim's effect of the published size?

#include <optional>
#include <vector>

#include "reports/report.hpp"

namespace reprise::reports {

/// Of a claim about two trials that reproduce one verified number each of claim.published, in the claim's metric; else nothing. The
/// interval is where the published difference would lie if both nets spread over seeds like ours, its numbers being means of as many runs
/// as the paper says (one if it does not). Nothing without a spread of ours, or where an obstacle stands in the way.
std::optional<EffectSize> effect_size(const catalog::Paper& paper, const catalog::Claim& claim, const std::vector<Comparison>& comparisons);

}  // namespace reprise::reports
