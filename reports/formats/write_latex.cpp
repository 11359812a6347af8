#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include "reports/formats/writers.hpp"
#include "reports/text.hpp"

namespace reprise::reports {
namespace {

constexpr std::size_t kLinesATable = 20;  // a float does not break across pages

const char* const kHead = R"(% Written by reprise. In the preamble: \usepackage{array,booktabs} and, for names, \usepackage[utf8]{inputenc}.
% In the text: \input{report}; the tables are floats with the labels tab:SLUG-numbers and tab:SLUG-claims. \cite{SLUG} is in report.bib.
% Every number is a macro: \reprise{SLUG/ID/SCALE/mean}; the names are those of the \def lines below.
\newcolumntype{P}[1]{>{\raggedright\arraybackslash}p{#1\linewidth}}
\providecommand{\reprise}[1]{\ifcsname reprise:#1\endcsname\csname reprise:#1\endcsname\else\errmessage{reprise: no number #1}\fi}
)";

/// What may stand in the name of a macro.
std::string key_of(const std::string& text) {
  std::string key = text;
  for (char& c : key)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && std::string(".+-=/").find(c) == std::string::npos) c = '-';
  return key;
}

/// Definitions of numbers, each name once: a second row of one name gets "-2" behind it.
class Macros {
 public:
  /// A name that no row has yet.
  std::string prefix(const std::vector<std::string>& parts) {
    std::string name;
    for (const std::string& part : parts)
      if (!part.empty()) name += (name.empty() ? "" : "/") + key_of(part);
    std::string free = name;
    for (int i = 2; !names_.insert(free).second; ++i) free = fmt::format("{}-{}", name, i);
    return free;
  }

  void define(const std::string& prefix, const std::string& name, const std::string& number) {
    text_ += fmt::format("\\expandafter\\def\\csname reprise:{}/{}\\endcsname{{{}}}\n", prefix, name, latex_escaped(number));
  }
  void define_if_finite(const std::string& prefix, const std::string& name, double value, const std::string& unit) {
    if (std::isfinite(value)) define(prefix, name, number_text(value, unit));
  }

  const std::string& text() const { return text_; }

 private:
  std::set<std::string> names_;
  std::string text_;
};

void define_row(Macros& macros, const std::string& slug, const Row& row) {
  const std::string prefix = macros.prefix({slug, row.id, row.scale, row.substitute ? row.dataset : "", row.variant});
  if (row.published) macros.define(prefix, "published", shortest_text(row.published->number.value));
  if (row.published && row.published->number.spread) macros.define(prefix, "published-sd", shortest_text(*row.published->number.spread));
  macros.define_if_finite(prefix, "mean", row.reproduced.mean, row.unit);
  macros.define_if_finite(prefix, "sd", row.reproduced.sd, row.unit);
  macros.define(prefix, "n", fmt::format("{}", row.reproduced.n));
  const double width = row.mean.half_width();
  macros.define_if_finite(prefix, "low", row.mean.value - width, row.unit);
  macros.define_if_finite(prefix, "high", row.mean.value + width, row.unit);
  if (!row.comparison) return;
  macros.define_if_finite(prefix, "better-by", row.comparison->estimate.value, row.unit);
  macros.define(prefix, "margin", shortest_text(rounded(row.margin)));
}

void define_claim(Macros& macros, const std::string& slug, const ClaimResult& claim) {
  for (const Comparison& part : claim.comparisons) {
    const std::string prefix =
        macros.prefix({slug, "claim-" + claim.claim.id, claim.scale, claim.substitute ? claim.dataset : "", claim.variant});
    const double value = part.estimate.value, width = part.estimate.half_width();
    macros.define_if_finite(prefix, "effect", value, part.unit);
    macros.define_if_finite(prefix, "low", value - width, part.unit);
    macros.define_if_finite(prefix, "high", value + width, part.unit);
    macros.define(prefix, "p", p_text(part.p));
    macros.define(prefix, "seeds", fmt::format("{}", part.seeds()));
  }
}

struct Table {
  std::string columns, heading, caption, label;
  std::vector<std::string> lines;
};

/// One float, or several of kLinesATable lines.
std::string floats(const Table& table) {
  std::string out;
  for (std::size_t first = 0, number = 1; first < table.lines.size(); first += kLinesATable, ++number) {
    out += fmt::format(
        "\n\\begin{{table}}\n\\centering\\small\n\\caption{{{}{}}}\n\\label{{{}{}}}\n\\begin{{tabular}}{{{}}}\n\\toprule\n{} "
        "\\\\\n\\midrule\n",
        table.caption, number == 1 ? "" : " Continued.", table.label, number == 1 ? "" : fmt::format("-{}", number), table.columns,
        table.heading);
    for (std::size_t i = first; i < std::min(table.lines.size(), first + kLinesATable); ++i) out += table.lines[i] + " \\\\\n";
    out += "\\bottomrule\n\\end{tabular}\n\\end{table}\n";
  }
  return out;
}

std::string cells(const std::vector<std::string>& texts) {
  std::vector<std::string> escaped;
  for (const std::string& text : texts) escaped.push_back(latex_escaped(text));
  return joined(escaped, " & ");
}

std::string marks(const Row& row) {
  return row.footnotes.empty() ? "" : fmt::format("\\textsuperscript{{{}}}", fmt::join(row.footnotes, ","));
}

std::string numbers_table(const PaperReport& paper) {
  Table table{
      "P{0.22}P{0.14}P{0.13}P{0.16}P{0.17}l",
      "Trial & Data set, scale & Published & Reproduced & Comparison & ",
      fmt::format("Published and reproduced numbers of {}~\\cite{{{}}}: mean $\\pm$ standard deviation over $n$ seeds; test errors in "
                  "percent unless another metric is named.",
                  latex_escaped(paper.title), paper.slug),
      "tab:" + paper.slug + "-numbers",
      {}};
  for (const Row& row : paper.rows) {
    const std::string title = row.metric == "test_error" ? row.title : row.title + ", " + row.metric;
    const std::string published = row.published ? row.published->text() + ", " + row.published->number.source : "--";
    table.lines.push_back(latex_escaped(title) + marks(row) + " & " +
                          cells({row.setting(), published, row.reproduced_text(), row.verdict(), row.protocol_label}));
  }
  return floats(table);
}

std::string claims_table(const PaperReport& paper) {
  Table table{"lP{0.42}P{0.15}P{0.26}",
              " & Claim & Tested at & Verdict",
              fmt::format("Claims of {}~\\cite{{{}}}.", latex_escaped(paper.title), paper.slug),
              "tab:" + paper.slug + "-claims",
              {}};
  for (const ClaimResult& claim : paper.claims)
    table.lines.push_back(
        cells({claim.claim.id, claim.claim.statement, claim.setting().empty() ? "--" : claim.setting(), claim.verdict()}));
  return floats(table);
}

std::string notes(const PaperReport& paper) {
  std::string out;
  for (const auto* labels : {&paper.protocols, &paper.variants})
    for (const auto& [label, text] : *labels) out += fmt::format("\\noindent {}: {}\\par\n", label, latex_escaped(text));
  for (std::size_t i = 0; i < paper.footnotes.size(); ++i)
    out += fmt::format("\\noindent\\textsuperscript{{{}}} {}\\par\n", i + 1, latex_escaped(paper.footnotes[i]));
  return out.empty()
             ? out
             : fmt::format("\n{{\\footnotesize\n\\noindent Notes to Table~\\ref{{tab:{}-numbers}}.\\par\n", paper.slug) + out + "}\n";
}

std::string bibliography_entry(const catalog::Paper& paper) {
  std::string out =
      fmt::format("@article{{{},\n  title = {{{{{}}}}},\n  author = {{{}}},\n  journal = {{{}}},\n  year = {{{}}},\n", paper.slug,
                  latex_escaped(paper.title), latex_escaped(joined(paper.authors, " and ")), latex_escaped(paper.venue), paper.year);
  if (!paper.arxiv.empty()) out += fmt::format("  eprint = {{{}}},\n  archiveprefix = {{arXiv}},\n", paper.arxiv);
  return out + "}\n";
}

}  // namespace

std::vector<File> to_latex(const Report& report) {
  Macros macros;
  std::string tables, papers;
  for (const PaperReport& paper : report.papers) {
    for (const Row& row : paper.rows) define_row(macros, paper.slug, row);
    for (const ClaimResult& claim : paper.claims) define_claim(macros, paper.slug, claim);
    tables += numbers_table(paper) + claims_table(paper) + notes(paper);
  }
  for (const PaperLine& line : report.lines) papers += bibliography_entry(line.paper);
  return {{"report.tex", kHead + macros.text() + tables}, {"report.bib", papers}};
}

}  // namespace reprise::reports
