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

std::string row_line(const Row& row, const std::string& slug) {
  std::string trial = "`" + row.trial + "`";
  if (!row.variation.empty()) trial += " (" + markdown_escaped(row.variation) + ")";
  return fmt::format("| {} {}{} | {}{} | {} | {} | {} | {} | {} | {} |\n", markdown_escaped(row.title), trial, footnote_marks(row, slug),
                     markdown_escaped(row.dataset), row.substitute ? " (substitute)" : "", row.scale, markdown_escaped(row.metric),
                     published_cell(row), row.reproduced_text(), markdown_escaped(row.verdict()), row.protocol_label);
}

std::string paper_section(const PaperReport& paper) {
  std::string out = fmt::format("\n## {}: {}\n\n{}\n\n", paper.slug, markdown_escaped(paper.title), markdown_escaped(paper.citation));
  if (!paper.note.empty()) out += "*" + markdown_escaped(paper.note) + "*\n\n";
  out += "| trial | data set | scale | metric | published | reproduced | comparison | protocol |\n|---|---|---|---|---|---|---|---|\n";
  for (const Row& row : paper.rows) out += row_line(row, paper.slug);
  out += "\nProtocols:\n\n";
  for (const auto& [label, text] : paper.protocols) out += fmt::format("- **{}**: {}\n", label, markdown_escaped(text));
  if (!paper.claims.empty()) {
    out += "\n| claim | verdict | q | setting | test |\n|---|---|---|---|---|\n";
    for (const ClaimResult& claim : paper.claims) {
      const bool has_q = claim.is_decided() || claim.status == Status::undecided;
      out += fmt::format("| {} | **{}** | {} | {} | {} |\n", markdown_escaped(claim.claim.statement), markdown_escaped(claim.verdict()),
                         has_q ? p_text(claim.q) : "", markdown_escaped(claim.setting()), markdown_escaped(joined(claim.tests, " ")));
    }
  }
  out += "\n";
  for (std::size_t i = 0; i < paper.footnotes.size(); ++i) {
    out += fmt::format("[^{}-{}]: {}\n", paper.slug, i + 1, markdown_escaped(paper.footnotes[i]));
  }
  for (const auto& missing : paper.missing) {
    out += fmt::format("\nNot available from the paper: {} ({}; {}).\n", markdown_escaped(missing.what), markdown_escaped(missing.source),
                       markdown_escaped(missing.reason));
  }
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

std::string to_markdown(const Report& report) {
  std::string out = fmt::format(
      "# Published and reproduced\n\n{} runs. Claims: {}.\n{}\n"
      "Errors are in percent, on the test split after the last epoch; mean ± standard deviation over n seeds.\n",
      report.run_count(), report.counts_text(), report.false_verdicts_text());
  for (const PaperReport& paper : report.papers) out += paper_section(paper);
  out += scaling_section(report.scaling);
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

}  // namespace reprise::reports
