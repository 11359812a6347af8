#pragma once

#include <vector>

#include "reports/report.hpp"

namespace reprise::reports {

/// Groups runs by trial, scale, data set and recipe; compares; tests the claims; collects curves and pictures.
/// Deterministic: the order of `records` does not matter. Records that cannot be used are listed in left_out.
Report build_report(std::vector<records::RunRecord> records, const std::vector<catalog::Paper>& papers);

}  // namespace reprise::reports
