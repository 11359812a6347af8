#include "reports/build_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/pictures/pictures.hpp"
#include "reports/runs/run_groups.hpp"
#include "reports/runs/run_time.hpp"
#include "reports/text.hpp"
#include "reports/verdicts/claims.hpp"
#include "reports/verdicts/rows.hpp"

namespace reprise::reports {
namespace {

using catalog::Paper;
using records::RunRecord;

std::string citation_of(const Paper& paper) {
  std::vector<std::string> parts;
  if (!paper.authors.empty()) parts.push_back(joined(paper.authors, ", "));
  if (!paper.venue.empty()) parts.push_back(paper.venue);
  if (paper.year > 0) parts.push_back(fmt::format("{}", paper.year));
  if (!paper.arxiv.empty()) parts.push_back("arXiv " + paper.arxiv);
  return joined(parts, ". ");
}

/// Facts that would fill a line for each run, or a page.
bool is_of_one_run(const std::string& key) {
  return key == "start_utc" || key == "end_utc" || key == "command_line" || key == "git_diff";
}

std::vector<ProvenanceLine> provenance_of(const std::vector<const RunRecord*>& runs) {
  std::map<std::string, std::map<std::string, int>> facts;
  for (const RunRecord* run : runs) {
    for (const auto& [key, value] : run->provenance)
      if (!is_of_one_run(key)) ++facts[key][value];
  }
  std::vector<ProvenanceLine> lines;
  for (const auto& [key, values] : facts) lines.push_back({key, {values.begin(), values.end()}});
  return lines;
}

double training_seconds_of(const std::vector<const RunRecord*>& runs) {
  double sum = 0;
  for (const RunRecord* run : runs) sum += training_seconds(*run);
  return sum;
}

// 1 -> "A", 26 -> "Z", 27 -> "AA".
std::string letters(std::size_t number) {
  std::string out;
  for (; number > 0; number = (number - 1) / 26) out += static_cast<char>('A' + (number - 1) % 26);
  std::reverse(out.begin(), out.end());
  return out;
}

void label_protocols(PaperReport& report) {
  for (Row& row : report.rows) {
    const std::string text = row.protocol.text();
    auto found = std::find_if(report.protocols.begin(), report.protocols.end(), [&](const auto& known) { return known.second == text; });
    if (found == report.protocols.end()) found = report.protocols.insert(found, {letters(report.protocols.size() + 1), text});
    row.protocol_label = found->first;
  }
}

PaperReport report_of(const Paper& paper, const std::vector<const RunRecord*>& runs, std::vector<LeftOut>& left_out) {
  PaperReport report;
  report.slug = paper.slug;
  report.title = paper.title;
  report.citation = citation_of(paper);
  report.note = paper.note;
  if (!paper.arxiv.empty()) report.address = "https://arxiv.org/abs/" + paper.arxiv;
  report.missing = paper.missing;

  const std::vector<RunGroup> groups = group_runs(paper, runs, left_out);
  std::vector<const RunRecord*> used;
  for (const RunGroup& group : groups) used.insert(used.end(), group.runs.begin(), group.runs.end());
  report.run_count = static_cast<int>(used.size());
  report.training_seconds = training_seconds_of(used);
  report.provenance = provenance_of(used);
  Samples samples(groups);
  report.rows = comparison_rows(paper, groups, samples, report.footnotes);
  label_protocols(report);
  report.claims = test_claims(paper, groups, samples);
  report.curves = training_curves(paper, groups);
  report.figures = catalog_figures(paper, groups);
  report.tables = analysis_tables(paper, groups);
  report.images = image_grids(paper, groups);
  return report;
}

/// One family of tests for the claims of all papers, one for the numbers.
void find_false_discovery_rates(std::vector<PaperReport>& papers) {
  std::vector<ClaimResult*> claims;
  std::vector<Row*> rows;
  std::vector<double> of_claims, of_rows;
  for (PaperReport& paper : papers) {
    for (ClaimResult& claim : paper.claims) {
      if (!claim.is_decided() && claim.status != Status::undecided) continue;
      claims.push_back(&claim);
      of_claims.push_back(claim.p);
    }
    for (Row& row : paper.rows) {
      if (!row.comparison) continue;
      rows.push_back(&row);
      of_rows.push_back(row.comparison->p);
    }
  }
  const std::vector<double> claim_rates = false_discovery_rates(of_claims), row_rates = false_discovery_rates(of_rows);
  for (std::size_t i = 0; i < claims.size(); ++i) claims[i]->q = claim_rates[i];
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i]->q = row_rates[i];
}

}  // namespace

Report build_report(std::vector<RunRecord> records, const std::vector<Paper>& papers) {
  std::sort(records.begin(), records.end(), [](const RunRecord& a, const RunRecord& b) {
    return std::tie(a.paper, a.trial, a.scale, a.seed, a.run_id) < std::tie(b.paper, b.trial, b.scale, b.seed, b.run_id);
  });
  Report report;
  std::vector<const RunRecord*> complete;
  for (const RunRecord& record : records) {
    const bool known = std::any_of(papers.begin(), papers.end(), [&](const Paper& paper) { return paper.slug == record.paper; });
    if (!known) {
      report.left_out.push_back({file_name(record), fmt::format("paper '{}' is not in the catalog", record.paper)});
    } else if (record.status != "complete") {
      report.left_out.push_back({file_name(record), fmt::format("status is '{}', not 'complete'", record.status)});
    } else {
      complete.push_back(&record);
    }
  }
  for (const Paper& paper : papers) {
    std::vector<const RunRecord*> runs;
    std::copy_if(complete.begin(), complete.end(), std::back_inserter(runs), [&](const RunRecord* r) { return r->paper == paper.slug; });
    if (runs.empty()) continue;
    PaperReport of_paper = report_of(paper, runs, report.left_out);
    if (of_paper.run_count > 0) report.papers.push_back(std::move(of_paper));
  }
  find_false_discovery_rates(report.papers);
  return report;
}

}  // namespace reprise::reports
