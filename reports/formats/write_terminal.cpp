#include <fmt/format.h>

#include <algorithm>

#include "reports/formats/writers.hpp"
#include "reports/text.hpp"

namespace reprise::reports {
namespace {

constexpr std::size_t kMaxWidth = 100;

std::size_t table_width() {
  return std::min(kMaxWidth, output_width());
}

std::string paragraph(const std::string& text, const std::string& indent) {
  std::string out;
  for (const std::string& line : wrapped(text, table_width() - indent.size()))
    if (!line.empty()) out += indent + line + "\n";
  return out;
}

/// A metric's rows; a verdict for those that are compared.
std::string rows_table(const std::vector<const Row*>& rows) {
  std::vector<std::vector<std::string>> table{{"trial", "data set, scale", "published", "reproduced", "n"}};
  const bool compared = std::any_of(rows.begin(), rows.end(), [](const Row* row) { return row->comparison.has_value(); });
  if (compared) table.front().emplace_back("comparison");
  for (const Row* row : rows) {
    table.push_back(
        {row->trial, row->setting(), row->published ? row->published->text() : "-", row->reproduced_value(), row->seeds_text()});
    if (compared) table.back().push_back(row->comparison ? row->verdict() : "-");
  }
  const Row& first = *rows.front();
  return fmt::format("{}{}\n\n{}\n", first.metric, first.unit.empty() ? "" : ", " + first.unit, aligned(table, "-", table_width()));
}

std::string legend(const PaperReport& paper) {
  std::string out;
  for (const auto& [label, text] : paper.variants) out += paragraph(label + ": " + text, "  ");
  return out.empty() ? out : out + "\n";
}

std::string claims_list(const PaperReport& paper) {
  std::string out;
  std::vector<std::string> not_run;
  for (const ClaimResult& claim : paper.claims) {
    if (claim.status == Status::not_run) {
      not_run.push_back(claim.claim.id);
      continue;
    }
    out += paragraph(fmt::format("{} [{}]", claim.verdict(), claim.setting()), "  ") + paragraph(claim.claim.statement, "      ");
  }
  if (!not_run.empty()) out += paragraph("Claims not run: " + joined(not_run, ", ") + ".", "  ");
  return out;
}

}  // namespace

std::string terminal_summary(const Report& report) {
  std::vector<std::vector<std::string>> table{{"paper", "headline", "published", "reproduced", "scale", "claims"}};
  std::vector<std::string> without_runs;
  for (const PaperLine& line : report.lines) {
    if (line.runs == 0 && !line.row) {
      without_runs.push_back(line.paper.slug);
      continue;
    }
    table.push_back({line.paper.slug, line.headline(), line.published ? line.published->text() : "-", line.reproduced(), line.setting(),
                     counts_text(line.claims)});
  }
  std::string out = aligned(table, "-", table_width()) + "\n" + paragraph("Claims: " + kStandings + ".", "") +
                    paragraph(report.false_verdicts_text(), "");
  out += paragraph("Numbers are compared only on the paper's data set and at its own scale; smaller runs answer claims alone.", "");
  if (!without_runs.empty()) out += paragraph("No runs of " + joined(without_runs, ", ") + ".", "");
  return out;
}

std::string terminal_details(const Report& report) {
  std::string out;
  for (const PaperReport& paper : report.papers) {
    out += paragraph(paper.slug + ": " + paper.title, "") + "\n";
    for (const auto& rows : paper.rows_by_metric()) out += rows_table(rows);
    out += legend(paper) + claims_list(paper) + "\n";
  }
  return out;
}

}  // namespace reprise::reports
