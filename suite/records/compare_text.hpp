#pragma once

#include <string>

#include "suite/records/compare.hpp"

namespace reprise::records {

/// Text for a terminal, ending with one line of verdict: "identical: ...", "Same inputs, different results ...", and so on.
std::string comparison_text(const Comparison& comparison, const std::string& name_a, const std::string& name_b);

}  // namespace reprise::records
