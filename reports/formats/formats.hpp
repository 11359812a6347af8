#pragma once
// The files that a report is written to, one per format.

#include <filesystem>
#include <string>
#include <vector>

#include "reports/formats/writers.hpp"

namespace reprise::reports {

struct Format {
  const char* name;  ///< the first file is "report.NAME"
  std::vector<File> (*write)(const Report&);
};

/// The names of all formats: "md, html, csv, tex, json".
std::string format_names(const std::string& separator = ", ");

/// Names separated by commas. Throws InputError that lists them.
std::vector<const Format*> parse_formats(const std::string& list);

/// Writes the files of each format into `folder` (made if missing), each whole or not at all. Returns the first path of each. Throws
/// RunError.
std::vector<std::filesystem::path> write_report(const Report& report, const std::vector<const Format*>& formats,
                                                const std::filesystem::path& folder);

}  // namespace reprise::reports
