#pragma once
// The comparison table of a paper.

#include <string>
#include <vector>

#include "reports/run_groups.hpp"

namespace reprise::reports {

/// One row per group and published number that its trial reproduces; one with published "-" where there is none.
/// Footnotes are collected into `footnotes`, each text once.
std::vector<Row> comparison_rows(const catalog::Paper& paper, const std::vector<RunGroup>& groups, std::vector<std::string>& footnotes);

/// Ours minus a published number. The interval is one for the difference of two means of runs: ours, and the published one
/// of `runs` runs (one if unsaid) with its own spread, or with ours where it has none. One seed of ours: the exact
/// binomial interval of its error on `images` test images stands in, if images > 0; else unbounded.
Agreement agreement_of(const std::vector<double>& values, const catalog::PublishedNumber& published, std::int64_t images);

Protocol protocol_of(const RunGroup& group);

}  // namespace reprise::reports
