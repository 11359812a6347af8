#pragma once
// The report as Markdown (tables as GitHub renders them).

#include <string>

#include "reports/report.hpp"

namespace reprise::reports {

std::string to_markdown(const Report& report);

}  // namespace reprise::reports
