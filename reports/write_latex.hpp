#pragma once
// The report as a LaTeX document of plain tabulars: compiles with the article class alone.

#include <string>

#include "reports/report.hpp"

namespace reprise::reports {

std::string to_latex(const Report& report);

}  // namespace reprise::reports
