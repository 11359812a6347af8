#pragma once
// What report.json and report.csv say of a row or a claim: names and values, one list for both formats.

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "reports/report.hpp"

namespace reprise::reports {

/// Nothing, a word, a number, a truth, a list of seeds.
using Value = std::variant<std::monostate, std::string, double, bool, std::vector<std::int64_t>>;
using Fields = std::vector<std::pair<std::string, Value>>;

Fields fields_of(const Row& row);
Fields fields_of(const ClaimResult& claim);
Fields fields_of(const PaperLine& line);
/// Of one comparison of a claim.
Fields fields_of(const Comparison& comparison);

}  // namespace reprise::reports
