#pragma once
// The report as a terminal shows it: a table of rows, then the claims.

#include <string>

#include "reports/report.hpp"

namespace reprise::reports {

std::string terminal_table(const Report& report);

}  // namespace reprise::reports
