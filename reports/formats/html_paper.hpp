#pragma once
// The page of one paper.

#include <string>

#include "reports/report.hpp"

namespace reprise::reports {

/// report/SLUG.html; `number` is the paper's place in report.papers. Sections have the anchors scales, numbers, claims, figures, analyses,
/// images, curves and runs, a claim "claim-ID", a table of numbers "numbers-METRIC".
std::string html_paper(const Report& report, std::size_t number);

}  // namespace reprise::reports
