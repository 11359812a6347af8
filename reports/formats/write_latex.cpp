#include "reports/formats/writers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/text.hpp"

namespace reprise::reports {
namespace {

std::string published_cell(const Row& row) {
  return row.published ? latex_escaped(row.published->text()) + ", " + latex_escaped(row.published->number.source) : "--";
}

std::string marks(const Row& row) {
  std::vector<std::string> numbers;
  for (int number : row.footnotes) numbers.push_back(fmt::format("{}", number));
  return numbers.empty() ? "" : "\\textsuperscript{" + joined(numbers, ",") + "}";
}

constexpr std::size_t kRowsATable = 20;  // a tabular does not break across pages

std::string rows_table(const PaperReport& paper, std::size_t first) {
  std::string out =
      "\\noindent\\begin{tabular}{p{0.20\\linewidth}p{0.11\\linewidth}p{0.07\\linewidth}p{0.14\\linewidth}p{0.15\\linewidth}p{0."
      "14\\linewidth}l}\n"
      "\\hline\nTrial & Data set & Scale & Published & Reproduced & Comparison & \\\\\n\\hline\n";
  for (std::size_t i = first; i < std::min(paper.rows.size(), first + kRowsATable); ++i) {
    const Row& row = paper.rows[i];
    const std::string title = row.title + (row.variation.empty() ? "" : " (" + row.variation + ")");
    out += fmt::format("{}{} & {}{} & {} & {} & {} & {} & {} \\\\\n", latex_escaped(title), marks(row), latex_escaped(row.dataset),
                       row.substitute ? " (substitute)" : "", latex_escaped(row.scale), published_cell(row),
                       latex_escaped(row.reproduced_text()), latex_escaped(row.verdict()), row.protocol_label);
  }
  return out + "\\hline\n\\end{tabular}\\par\\medskip\n";
}

std::string claims_list(const PaperReport& paper) {
  if (paper.claims.empty()) return "";
  std::string out = "\n\\begin{description}\n";
  for (const ClaimResult& claim : paper.claims) {
    out += fmt::format("\\item[{}] {} \\emph{{{}.}} {}\n", latex_escaped(claim.claim.id), latex_escaped(claim.claim.statement),
                       latex_escaped(claim.verdict()), latex_escaped(claim.test_text()));
  }
  return out + "\\end{description}\n";
}

std::string footnotes_list(const PaperReport& paper) {
  std::string out;
  for (std::size_t i = 0; i < paper.footnotes.size(); ++i) {
    out += fmt::format("\n\\noindent\\textsuperscript{{{}}} {}\n", i + 1, latex_escaped(paper.footnotes[i]));
  }
  return out;
}

}  // namespace

std::string to_latex(const Report& report) {
  std::string out =
      "\\documentclass{article}\n\\usepackage[utf8]{inputenc}\n\\usepackage[T1]{fontenc}\n\\usepackage[margin=2cm]{geometry}\n\\begin{"
      "document}\n";
  for (const PaperReport& paper : report.papers) {
    out += fmt::format("\\section*{{{}}}\n{}\\par\\medskip\n", latex_escaped(paper.title), latex_escaped(paper.citation));
    for (std::size_t first = 0; first < paper.rows.size(); first += kRowsATable) out += rows_table(paper, first);
    for (const auto& [label, text] : paper.protocols) out += fmt::format("\n\\noindent {}: {}\n", label, latex_escaped(text));
    out += footnotes_list(paper) + claims_list(paper);
  }
  return out + "\\end{document}\n";
}

}  // namespace reprise::reports
