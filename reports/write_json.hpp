#pragma once
// report.json: for programs. The fields are fixed; see README.md.

#include <string>

#include "reports/report.hpp"

namespace reprise::reports {

std::string to_json(const Report& report);

}  // namespace reprise::reports
