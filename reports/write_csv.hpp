#pragma once
// The comparison rows as CSV: one line a row, every field its own column, numbers unrounded.

#include <string>

#include "reports/report.hpp"

namespace reprise::reports {

std::string to_csv(const Report& report);

}  // namespace reprise::reports
