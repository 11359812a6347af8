#pragma once
// Generated pages of a folder of evidence: a table of papers in the project's README, between two markers; README.md in the folder, and one
// in the folder of each paper.

#include <filesystem>
#include <string>
#include <vector>

#include "reports/formats/writers.hpp"

namespace reprise::reports {

/// README.md, the index, and SLUG/README.md for each paper with runs; names from the folder of evidence, where Report::files begin, too.
std::vector<File> evidence_pages(const Report& report);

/// The table of papers, with links to their pages in `folder`, the way to the folder of evidence: "reports/evidence/".
std::string readme_table(const Report& report, const std::string& folder);

/// `text` with what stands between "<!-- evidence:begin -->" and "<!-- evidence:end -->" replaced by `section`.
/// Throws InputError naming `file` when the markers are missing or in the wrong order.
std::string with_section(const std::string& text, const std::string& section, const std::filesystem::path& file);

}  // namespace reprise::reports
