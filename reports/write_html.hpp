#pragma once
// The report as one self-contained page. Written so that it is also well-formed XML: every element closed, every attribute quoted.

#include <string>

#include "reports/report.hpp"

namespace reprise::reports {

std::string to_html(const Report& report);

}  // namespace reprise::reports
