#pragma once
// The comparison table of a paper.

#include <string>
#include <vector>

#include "reports/runs/samples.hpp"

namespace reprise::reports {

/// One row per group and published number that its trial reproduces; one with published "-" where there is none.
/// Footnotes are collected into `footnotes`, each text once.
std::vector<Row> comparison_rows(const catalog::Paper& paper, const std::vector<RunGroup>& groups, Samples& samples,
                                 std::vector<std::string>& footnotes);

/// The largest difference to a published number that counts as none: its own, else the larger of twice its spread and a tenth of the error
/// (of an accuracy in percent, of what is missing from 100; of another metric, of the value).
double margin_of(const catalog::PublishedNumber& number);

/// By how much ours is better than the published number, and what that decides.
Comparison compare_with(const Sample& ours, const catalog::PublishedNumber& published);

Protocol protocol_of(const RunGroup& group);

}  // namespace reprise::reports
