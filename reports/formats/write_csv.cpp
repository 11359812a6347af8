#include "reports/formats/writers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "reports/formats/fields.hpp"
#include "reports/text.hpp"

namespace reprise::reports {
namespace {

std::string text_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "yes" : "no";
  const auto* seeds = std::get_if<std::vector<std::int64_t>>(&value);
  return seeds ? fmt::format("{}", fmt::join(*seeds, " ")) : "";
}

/// Names in the order in which they first appear; a line lacks what it has no value for.
class Table {
 public:
  void add(const Fields& fields) {
    for (const auto& [name, value] : fields)
      if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(name);
    lines_.push_back(fields);
  }

  std::string text() const {
    std::string out = joined(names_, ",") + "\r\n";
    for (const Fields& fields : lines_) {
      std::vector<std::string> cells;
      for (const std::string& name : names_) {
        const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.first == name; });
        cells.push_back(found == fields.end() ? "" : csv_quoted(text_of(found->second)));
      }
      out += joined(cells, ",") + "\r\n";
    }
    return out;
  }

 private:
  std::vector<std::string> names_;
  std::vector<Fields> lines_;
};

Fields row_fields(const PaperReport& paper, const Row& row) {
  Fields fields{{"paper", paper.slug}, {"what", std::string("number")}};
  for (const auto& field : fields_of(row)) fields.push_back(field);
  fields.push_back({"protocol", row.protocol.text()});
  fields.push_back({"deviations", joined(row.deviations, "; ")});
  return fields;
}

/// A claim of one comparison with its numbers; of several with those of each, in lines of their own.
std::vector<Fields> claim_fields(const PaperReport& paper, const ClaimResult& claim) {
  Fields own{{"paper", paper.slug}, {"what", std::string("claim")}};
  for (const auto& field : fields_of(claim)) own.push_back(field);
  std::vector<Fields> lines;
  for (const Comparison& comparison : claim.comparisons) {
    lines.push_back(own);
    for (const auto& field : fields_of(comparison)) {
      const auto same = [&](const auto& other) { return other.first == field.first; };
      if (std::none_of(own.begin(), own.end(), same)) lines.back().push_back(field);
    }
  }
  if (lines.empty()) lines.push_back(own);
  return lines;
}

}  // namespace

std::vector<File> to_csv(const Report& report) {
  Table table;
  for (const PaperReport& paper : report.papers) {
    for (const Row& row : paper.rows) table.add(row_fields(paper, row));
    for (const ClaimResult& claim : paper.claims)
      for (const Fields& fields : claim_fields(paper, claim)) table.add(fields);
  }
  return {{"report.csv", table.text()}};
}

}  // namespace reprise::reports
