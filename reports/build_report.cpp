#include "reports/build_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "reports/pictures/pictures.hpp"
#include "reports/runs/derived_groups.hpp"
#include "reports/runs/run_groups.hpp"
#include "reports/runs/run_time.hpp"
#include "reports/text.hpp"
#include "reports/verdicts/claims.hpp"
#include "reports/verdicts/rows.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/recipes/recipe.hpp"

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

std::string address_of(const Paper& paper) {
  return paper.arxiv.empty() ? "" : "https://arxiv.org/abs/" + paper.arxiv;
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

using Labels = std::vector<std::pair<std::string, std::string>>;

/// The label of a text that is listed, or of a new line of the list: its number in letters.
std::string label_of(Labels& labels, const std::string& text, bool capital) {
  auto found = std::find_if(labels.begin(), labels.end(), [&](const auto& known) { return known.second == text; });
  if (found == labels.end()) {
    std::string label = letters(labels.size() + 1);
    if (!capital)
      for (char& c : label) c = static_cast<char>(c - 'A' + 'a');
    found = labels.insert(found, {label, text});
  }
  return found->first;
}

constexpr std::size_t kShortVariation = 20;  // "bf16" and "answer version 1" name themselves

void label_settings(PaperReport& report) {
  const auto variant_of = [&](const std::string& variation) {
    return variation.size() <= kShortVariation ? variation : label_of(report.variants, variation, false);
  };
  for (Row& row : report.rows) {
    row.protocol_label = label_of(report.protocols, row.protocol.text(), true);
    row.variant = variant_of(row.variation);
  }
  for (ClaimResult& claim : report.claims) claim.variant = variant_of(claim.variation);
}

/// Moves groups of diverged runs to the trained groups of the same recipe and data; those without any are returned.
std::vector<RunGroup> tell_diverged(std::vector<RunGroup>& groups, std::vector<RunGroup> diverged) {
  std::vector<RunGroup> alone;
  for (RunGroup& lost : diverged) {
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const RunGroup& group) {
      return group.trial == lost.trial && group.scale == lost.scale && group.answer_version == lost.answer_version &&
             group.data_digest == lost.data_digest && group.same_arithmetic(lost) &&
             catalog::settings_text(group.recipe) == catalog::settings_text(lost.recipe);
    });
    if (same == groups.end()) {
      alone.push_back(std::move(lost));
      continue;
    }
    for (const RunRecord* run : lost.runs)
      if (same->with_seed(run->seed) == nullptr) same->diverged.push_back(run);
  }
  return alone;
}

std::vector<ScaleLine> scale_lines(const PaperReport& report, const std::vector<RunGroup>& groups) {
  std::vector<ScaleLine> lines;
  for (const std::string& scale : recipes::scale_names()) {
    ScaleLine line{scale};
    std::set<std::string> trials;
    for (const RunGroup& group : groups) {
      if (group.scale != scale) continue;
      trials.insert(group.trial);
      line.runs += static_cast<int>(group.runs.size());
    }
    line.trials = static_cast<int>(trials.size());
    for (const Row& row : report.rows) {
      if (row.scale != scale || !row.published) continue;
      ++line.numbers;
      line.compared += row.comparison.has_value();
    }
    for (const ClaimResult& claim : report.claims)
      if (claim.scale == scale) ++line.claims[static_cast<std::size_t>(standing_of(claim.status))];
    if (line.runs > 0) lines.push_back(line);
  }
  std::reverse(lines.begin(), lines.end());  // the largest scale first
  return lines;
}

PaperReport report_of(const Paper& paper, const std::vector<const RunRecord*>& complete, const std::vector<const RunRecord*>& diverged,
                      std::vector<LeftOut>& left_out) {
  PaperReport report;
  report.slug = paper.slug;
  report.title = paper.title;
  report.citation = citation_of(paper);
  report.note = paper.note;
  report.address = address_of(paper);
  report.missing = paper.missing;

  std::vector<RunGroup> groups = group_runs(paper, complete, left_out);
  const std::vector<RunGroup> lost = tell_diverged(groups, group_runs(paper, diverged, left_out));
  std::vector<const RunRecord*> used;
  for (const RunGroup& group : groups) {
    used.insert(used.end(), group.runs.begin(), group.runs.end());
    report.diverged_count += static_cast<int>(group.diverged.size());
  }
  for (const RunGroup& group : lost) report.diverged_count += static_cast<int>(group.runs.size());
  report.run_count = static_cast<int>(used.size());
  report.training_seconds = training_seconds_of(used);
  report.provenance = provenance_of(used);
  Samples samples(groups);
  const DerivedGroups derived(paper, groups);
  report.rows = comparison_rows(paper, derived.all(), samples, report.footnotes);
  for (Row& row : comparison_rows(paper, lost, samples, report.footnotes)) report.rows.push_back(std::move(row));
  report.claims = test_claims(paper, derived.all(), samples, lost);
  label_settings(report);
  report.scales = scale_lines(report, groups);
  report.curves = training_curves(paper, groups);
  report.figures = catalog_figures(paper, derived.all());
  report.tables = analysis_tables(paper, groups);
  report.images = image_grids(paper, groups);
  return report;
}

/// The row beside the headline that says most about it.
std::optional<Row> headline_row(const std::string& id, const std::vector<Row>& rows) {
  const auto rank = [](const Row& row) {
    return std::make_tuple(row.reproduced.n == 0, !row.comparison.has_value(), row.substitute, -recipes::scale_place(row.scale));
  };
  std::optional<Row> best;
  for (const Row& row : rows)
    if (row.published && row.id == id && (!best || rank(row) < rank(*best))) best = row;
  return best;
}

/// Each claim once: its settings stand side by side, and the first that decides counts, else the first.
StandingCounts count_claims(const std::vector<ClaimResult>& claims) {
  StandingCounts counts{};
  for (std::size_t i = 0; i < claims.size();) {
    const std::string& id = claims[i].claim.id;
    const ClaimResult* counted = &claims[i];
    for (; i < claims.size() && claims[i].claim.id == id; ++i)
      if (!counted->is_decided() && claims[i].is_decided()) counted = &claims[i];
    ++counts[static_cast<std::size_t>(standing_of(counted->status))];
  }
  return counts;
}

PaperLine line_of(const Paper& paper, const PaperReport* report) {
  PaperLine line;
  for (auto member : {&Paper::slug, &Paper::title, &Paper::venue, &Paper::arxiv, &Paper::headline}) line.paper.*member = paper.*member;
  line.paper.authors = paper.authors;
  line.paper.year = paper.year;
  if (const auto* number = paper.find_published(paper.headline)) line.published = Published{*number, number->status == "verified"};
  line.claims[static_cast<std::size_t>(Standing::not_run)] = static_cast<int>(paper.claims.size());
  if (!report) return line;
  line.row = headline_row(paper.headline, report->rows);
  line.runs = report->run_count;
  line.claims = count_claims(report->claims);
  return line;
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
  std::map<std::string, std::vector<const RunRecord*>> complete, diverged;  // by paper
  for (const RunRecord& record : records) {
    const bool known = std::any_of(papers.begin(), papers.end(), [&](const Paper& paper) { return paper.slug == record.paper; });
    if (!known) {
      report.left_out.push_back({file_name(record), fmt::format("paper '{}' is not in the catalog", record.paper)});
    } else if (record.status == records::kComplete) {
      complete[record.paper].push_back(&record);
    } else if (record.status == records::kDiverged) {
      diverged[record.paper].push_back(&record);
    } else {
      report.left_out.push_back({file_name(record), fmt::format("status is '{}', not 'complete'", record.status)});
    }
  }
  for (const Paper& paper : papers) {
    PaperReport of_paper = report_of(paper, complete[paper.slug], diverged[paper.slug], report.left_out);
    const bool any = !of_paper.rows.empty();
    report.lines.push_back(line_of(paper, any ? &of_paper : nullptr));
    if (any) report.papers.push_back(std::move(of_paper));
  }
  find_false_discovery_rates(report.papers);
  return report;
}

}  // namespace reprise::reports
