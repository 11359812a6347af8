#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "reports/report.hpp"
#include "suite/errors.hpp"
#include "suite/records/atomic_file.hpp"

namespace reprise::reports {
namespace {

struct FormatRow {
  Format format;
  const char* name;
  const char* file;
  std::string (*write)(const Report&);
};

constexpr FormatRow kFormats[] = {
    {Format::markdown, "md", "report.md", to_markdown}, {Format::html, "html", "report.html", to_html},
    {Format::csv, "csv", "report.csv", to_csv},         {Format::latex, "tex", "report.tex", to_latex},
    {Format::json, "json", "report.json", to_json},
};

}  // namespace

std::vector<Format> parse_formats(const std::string& list) {
  std::vector<Format> formats;
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, ',');) {
    const auto row = std::find_if(std::begin(kFormats), std::end(kFormats), [&](const FormatRow& f) { return f.name == word; });
    if (row == std::end(kFormats)) {
      throw InputError(Complaint{"report format", "some of md, html, csv, tex, json, separated by commas", fmt::format("'{}'", word),
                                 "Correct --format"});
    }
    if (std::find(formats.begin(), formats.end(), row->format) == formats.end()) formats.push_back(row->format);
  }
  if (formats.empty())
    throw InputError(Complaint{"report format", "some of md, html, csv, tex, json, separated by commas", "none", "Correct --format"});
  return formats;
}

std::vector<std::filesystem::path> write_report(const Report& report, const std::vector<Format>& formats,
                                                const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const FormatRow& row : kFormats) {
    if (std::find(formats.begin(), formats.end(), row.format) == formats.end()) continue;
    const std::string text = row.write(report);
    records::AtomicFile file("report", folder / row.file);
    file.write(records::bytes_of(std::string_view(text)));
    file.commit();
    paths.push_back(folder / row.file);
  }
  return paths;
}

}  // namespace reprise::reports
