#include "reports/formats/readme_section.hpp"

#include <fmt/format.h>

#include "reports/text.hpp"
#include "suite/errors.hpp"

namespace reprise::reports {
namespace {

const std::string kBegin = "<!-- evidence:begin -->";
const std::string kEnd = "<!-- evidence:end -->";

std::string line(const std::vector<std::string>& cells) {
  std::string text = "|";
  for (const std::string& cell : cells) text += " " + markdown_escaped(cell) + " |";
  return text + "\n";
}

std::string data_set_of(const Row& row) {
  return row.dataset + (row.substitute ? " (substitute)" : "");
}

std::string setting_of(const Row& row) {
  return fmt::format("{}, {}{}", data_set_of(row), row.scale, row.variation.empty() ? "" : ", " + row.variation);
}

/// Numbers are test errors unless their metric is named.
std::string published_of(const Row& row) {
  const std::string text = row.published->text(row.unit);
  return row.metric.empty() || row.metric == "test_error" ? text : fmt::format("{}, {}", text, row.metric);
}

std::string rows_table(const Report& report) {
  std::string text = line({"paper", "trial", "data set, scale", "published", "reproduced", "verdict"}) + "|---|---|---|---|---|---|\n";
  for (const PaperReport& paper : report.papers) {
    for (const Row& row : paper.rows) {
      if (!row.published) continue;
      const std::string made = line({paper.slug, row.title.empty() ? row.trial : row.title, setting_of(row), published_of(row),
                                     row.reproduced_text(), row.verdict()});
      if (text.find(made) == std::string::npos) text += made;  // a number that stands in two tables of the paper
    }
  }
  return text;
}

std::string claims_table(const Report& report) {
  std::string text = line({"paper", "claim", "tested at", "verdict", "q"}) + "|---|---|---|---|---|\n";
  for (const PaperReport& paper : report.papers) {
    for (const ClaimResult& result : paper.claims) {
      if (result.status == Status::not_run) continue;
      const bool has_q = result.is_decided() || result.status == Status::undecided;
      text += line({paper.slug, result.claim.statement, result.setting(), result.verdict(), has_q ? p_text(result.q) : ""});
    }
  }
  return text;
}

std::string counts_paragraph(const Report& report) {
  std::vector<std::string> of_papers;
  for (const PaperReport& paper : report.papers) {
    std::vector<std::string> ids;
    for (const ClaimResult& result : paper.claims)
      if (result.status == Status::not_run) ids.push_back(result.claim.id);
    if (!ids.empty()) of_papers.push_back(fmt::format("{} ({})", paper.slug, joined(ids, ", ")));
  }
  std::string text = fmt::format("Claims: {}. {}\n", report.counts_text(), report.false_verdicts_text());
  if (!of_papers.empty()) text += "Not run: " + joined(of_papers, "; ") + ".\n";
  return text;
}

}  // namespace

std::string readme_table(const Report& report) {
  return "\n" + rows_table(report) + "\n" + claims_table(report) + "\n" + counts_paragraph(report) + "\n";
}

std::string with_section(const std::string& text, const std::string& section, const std::filesystem::path& file) {
  const std::size_t begin = text.find(kBegin);
  const std::size_t end = text.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    throw InputError(Complaint{file.string(), fmt::format("a line {} and after it a line {}", kBegin, kEnd), "no such pair",
                               "Add them where the table shall stand"});
  }
  return text.substr(0, begin + kBegin.size()) + "\n" + section + text.substr(end);
}

}  // namespace reprise::reports
