#include "reports/formats/formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "reports/text.hpp"
#include "suite/errors.hpp"
#include "suite/records/atomic_file.hpp"

namespace reprise::reports {
namespace {

constexpr Format kFormats[] = {
    {"md", to_markdown}, {"html", to_html}, {"csv", to_csv}, {"tex", to_latex}, {"json", to_json},
};

}  // namespace

std::string format_names(const std::string& separator) {
  std::vector<std::string> names;
  for (const Format& format : kFormats) names.emplace_back(format.name);
  return joined(names, separator);
}

std::vector<const Format*> parse_formats(const std::string& list) {
  const auto refuse = [](const std::string& found) {
    throw InputError(Complaint{"report format", "some of " + format_names() + ", separated by commas", found, "Correct --format"});
  };
  std::vector<const Format*> formats;
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, ',');) {
    const auto row = std::find_if(std::begin(kFormats), std::end(kFormats), [&](const Format& f) { return f.name == word; });
    if (row == std::end(kFormats)) refuse(fmt::format("'{}'", word));
    if (std::find(formats.begin(), formats.end(), row) == formats.end()) formats.push_back(row);
  }
  if (formats.empty()) refuse("none");
  return formats;
}

std::vector<std::filesystem::path> write_report(const Report& report, const std::vector<const Format*>& formats,
                                                const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const Format* format : formats) {
    const std::vector<File> files = format->write(report);
    for (const File& file : files) records::write_file("report", folder / file.name, file.text);
    paths.push_back(folder / files.front().name);
  }
  return paths;
}

}  // namespace reprise::reports
