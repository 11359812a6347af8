#include "reports/formats/writers.hpp"

#include <fmt/format.h>

#include "reports/text.hpp"

namespace reprise::reports {
namespace {

constexpr std::size_t kTextWidth = 96;  // of the claims, which are sentences

std::string wrapped(const std::string& text, const std::string& indent) {
  std::string out = indent, word;
  std::size_t column = indent.size();
  for (char c : text + " ") {
    if (c != ' ') {
      word += c;
      continue;
    }
    if (column > indent.size() && column + 1 + word.size() > kTextWidth) {
      out += "\n" + indent;
      column = indent.size();
    }
    if (column > indent.size()) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    word.clear();
  }
  return out + "\n";
}

std::vector<std::string> cells(const Row& row) {
  return {row.variation.empty() ? row.trial : row.trial + " (" + row.variation + ")",
          row.dataset + (row.substitute ? " (substitute)" : ""),
          row.scale,
          row.metric,
          row.published ? row.published->text() : "-",
          row.reproduced_text(),
          row.comparison  ? row.verdict()
          : row.published ? "not compared"
                          : "-"};
}

}  // namespace

std::string terminal_table(const Report& report) {
  std::string out;
  for (const PaperReport& paper : report.papers) {
    out += fmt::format("{}{}: {}\n\n", out.empty() ? "" : "\n", paper.slug, paper.title);
    std::vector<std::vector<std::string>> table{{"trial", "data set", "scale", "metric", "published", "reproduced", "comparison"}};
    for (const Row& row : paper.rows) table.push_back(cells(row));
    out += aligned(table, "-") + "\n";
    for (const ClaimResult& claim : paper.claims) {
      const std::string setting = claim.setting();
      out +=
          fmt::format("  {}{}\n", claim.verdict(), setting.empty() ? "" : "  [" + setting + "]") + wrapped(claim.claim.statement, "      ");
    }
  }
  out += "\n" + wrapped("Claims: " + report.counts_text() + ". " + report.false_verdicts_text(), "");
  out += wrapped(
      "Published and reproduced values are compared only on the same data set and at the paper's own scale; a substitute data set or a "
      "smaller scale answers the claims, not the numbers.",
      "");
  return out;
}

}  // namespace reprise::reports
