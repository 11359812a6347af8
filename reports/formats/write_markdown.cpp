#include "reports/formats/writers.hpp"

#include <fmt/format.h>

#include "reports/text.hpp"

namespace reprise::reports {
namespace {

std::string footnote_marks(const Row& row, const std::string& slug) {
  std::string marks;
  for (int number : row.footnotes) marks += fmt::format("[^{}-{}]", slug, number);
  return marks;
}

std::string published_cell(const Row& row) {
  if (!row.published) return "-";
  return fmt::format("{} ({})", markdown_escaped(row.published->text()), markdown_escaped(row.published->number.source));
}

/// Seeds, each a link to its result file where that is known.
std::string seed_links(const Report& report, const Row& row, const std::string& up) {
  std::vector<std::string> links;
  for (const auto& [seed, id] : row.runs) {
    const auto file = report.files.find(id);
    links.push_back(file == report.files.end() ? fmt::format("{}", seed) : fmt::format("[{}]({}{})", seed, up, file->second));
  }
  return joined(links, " ");
}

std::string row_line(const Report& report, const PaperReport& paper, const Row& row, const std::string& up) {
  return fmt::format("| {} `{}`{} | {} | {} | {} | {} | {} | {} | {} |\n", markdown_escaped(row.title), row.trial,
                     footnote_marks(row, paper.slug), markdown_escaped(row.setting()), markdown_escaped(row.metric), published_cell(row),
                     row.reproduced_text(), markdown_escaped(row.verdict()), row.protocol_label, seed_links(report, row, up));
}

std::string labelled(const std::string& heading, const std::vector<std::pair<std::string, std::string>>& labels) {
  if (labels.empty()) return "";
  std::string out = "\n" + heading + ":\n\n";
  for (const auto& [label, text] : labels) out += fmt::format("- **{}**: {}\n", label, markdown_escaped(text));
  return out;
}

std::string claims_table(const PaperReport& paper) {
  std::string out;
  std::vector<std::string> not_run;
  for (const ClaimResult& claim : paper.claims) {
    if (claim.status == Status::not_run) {
      not_run.push_back(fmt::format("`{}` ({})", claim.claim.id, markdown_escaped(joined(claim.tests, " "))));
      continue;
    }
    if (out.empty()) out = "\n| claim | verdict | q | setting | test |\n|---|---|---|---|---|\n";
    out += fmt::format("| {} | **{}** | {} | {} | {} |\n", markdown_escaped(claim.claim.statement), markdown_escaped(claim.verdict()),
                       claim.has_q() ? p_text(claim.q) : "", markdown_escaped(claim.setting()), markdown_escaped(joined(claim.tests, " ")));
  }
  if (!not_run.empty()) out += "\nClaims not run: " + joined(not_run, ", ") + "\n";
  return out;
}

std::string scales_table(const PaperReport& paper) {
  std::string out = "| scale | trials | runs | published numbers | compared | claims: " + kStandings + " |\n|---|---|---|---|---|---|\n";
  for (const ScaleLine& line : paper.scales)
    out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", line.scale, line.trials, line.runs, line.numbers, line.compared,
                       counts_text(line.claims));
  return out;
}

std::string scaling_section(const Scaling& scaling) {
  if (scaling.empty()) return "";
  std::string out = fmt::format("\n## Scaling\n\nOne step of {}, {} scale, on ranks of one machine with {} cores.\n\n", scaling.trial,
                                scaling.scale, scaling.cores);
  out += "| batch | ranks x threads | step | forecast | images/s over one rank's |\n|---|---|---|---|---|\n";
  for (const ScalingRow& row : scaling.rows)
    out += fmt::format("| {}, {} | {} x {} | {:.2f} ms | {:.2f} ms | {:.2f} |\n", row.batch,
                       row.kind == "strong" ? "the recipe's" : "a share for each rank", row.ranks, row.threads, 1e3 * row.seconds,
                       1e3 * row.forecast_seconds, scaling.speedup(row));
  return out;
}

}  // namespace

std::string markdown_summary(const Report& report, const std::optional<std::string>& folder) {
  std::string out = "| paper | title | headline | published | reproduced | scale | claims |\n|---|---|---|---|---|---|---|\n";
  for (const PaperLine& line : report.lines) {
    const std::string& slug = line.paper.slug;
    const bool linked = folder && line.runs > 0;
    out += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", linked ? fmt::format("[{0}]({1}{0}/README.md)", slug, *folder) : slug,
                       markdown_escaped(line.paper.title), markdown_escaped(line.headline()),
                       line.published ? markdown_escaped(line.published->text()) : "-", line.reproduced(), markdown_escaped(line.setting()),
                       counts_text(line.claims));
  }
  return out;
}

std::string markdown_paper(const Report& report, const PaperReport& paper, const std::string& up) {
  std::string out = fmt::format("{}\n\n", markdown_escaped(paper.citation));
  if (!paper.note.empty()) out += "*" + markdown_escaped(paper.note) + "*\n\n";
  out += scales_table(paper);
  out +=
      "\n| trial | data set, scale | metric | published | reproduced | comparison | protocol | seeds "
      "|\n|---|---|---|---|---|---|---|---|\n";
  for (const Row& row : paper.rows) out += row_line(report, paper, row, up);
  out += labelled("Protocols", paper.protocols) + labelled("Settings", paper.variants) + claims_table(paper) + "\n";
  for (std::size_t i = 0; i < paper.footnotes.size(); ++i)
    out += fmt::format("[^{}-{}]: {}\n", paper.slug, i + 1, markdown_escaped(paper.footnotes[i]));
  for (const auto& missing : paper.missing)
    out += fmt::format("\nNot available from the paper: {} ({}; {}).\n", markdown_escaped(missing.what), markdown_escaped(missing.source),
                       markdown_escaped(missing.reason));
  return out;
}

std::string markdown_rest(const Report& report) {
  std::string out = scaling_section(report.scaling);
  if (!report.unfinished.empty()) {
    out += "\n## Not finished\n\nTheir numbers are missing above.\n\n";
    for (const UnfinishedRun& run : report.unfinished) out += fmt::format("- {}. `{}`\n", markdown_escaped(run.text()), run.file);
  }
  if (!report.left_out.empty()) {
    out += "\n## Left out\n\n";
    for (const LeftOut& file : report.left_out) out += fmt::format("- `{}`: {}\n", file.file, markdown_escaped(file.reason));
  }
  if (!report.superseded.empty()) {
    out += "\n## Superseded\n\nRuns that no longer count, and why.\n\n";
    for (const Superseded& run : report.superseded)
      out += fmt::format("- `{}`: {}: {}\n", run.file, markdown_escaped(run.number), markdown_escaped(run.reason));
  }
  return out;
}

std::vector<File> to_markdown(const Report& report) {
  std::string out = fmt::format(
      "# Published and reproduced\n\n{} runs. Claims: {}.\n{}\n"
      "Errors are in percent, on the test split after the last epoch; mean ± standard deviation over n seeds. "
      "Claims are counted as {}.\n\n",
      report.run_count(), report.counts_text(), report.false_verdicts_text(), kStandings);
  out += markdown_summary(report, std::nullopt);
  for (const PaperReport& paper : report.papers)
    out += fmt::format("\n## {}: {}\n\n", paper.slug, markdown_escaped(paper.title)) + markdown_paper(report, paper, "");
  return {{"report.md", out + markdown_rest(report)}};
}

}  // namespace reprise::reports
