#pragma once
// The README's table, generated from a report and kept between two markers.

#include <filesystem>
#include <string>

#include "reports/report.hpp"

namespace reprise::reports {

/// The rows that stand beside a published number and the verdicts of the claims that were tested, as Markdown.
std::string readme_table(const Report& report);

/// `text` with what stands between "<!-- evidence:begin -->" and "<!-- evidence:end -->" replaced by `section`.
/// Throws InputError naming `file` when the markers are missing or in the wrong order.
std::string with_section(const std::string& text, const std::string& section, const std::filesystem::path& file);

}  // namespace reprise::reports
