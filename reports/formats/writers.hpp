#pragma once
// One writer per format, each in the file of its name: a function from a report to text. A writer computes nothing.

#include <optional>
#include <string>
#include <vector>

#include "reports/report.hpp"

namespace reprise::reports {

struct File {
  std::string name;  ///< from the folder of the report
  std::string text;
};

/// What a terminal of at most 100 columns shows: a line a paper; each number and claim, with settings as letters that a legend explains.
std::string terminal_summary(const Report& report);
std::string terminal_details(const Report& report);

/// The table of papers as Markdown. A paper with runs links to FOLDER/SLUG/README.md, if a folder is given ("" for the one it stands in).
std::string markdown_summary(const Report& report, const std::optional<std::string>& folder);
/// The section of a paper: rows, protocols, claims, footnotes. `up` is the way from its file to the folder of the report: "", "../".
std::string markdown_paper(const Report& report, const PaperReport& paper, const std::string& up);
/// What is about no paper in particular: scaling, superseded runs, files that were left out.
std::string markdown_rest(const Report& report);
/// report.md: tables as GitHub renders them.
std::vector<File> to_markdown(const Report& report);

/// report.html, which lists the papers, and report/SLUG.html for each. Each page stands alone, and is also well-formed XML: every element
/// closed, every attribute quoted.
std::vector<File> to_html(const Report& report);

/// report.tex for \input{report}, with tables and a macro per number, and report.bib, which has the papers.
std::vector<File> to_latex(const Report& report);

/// report.json: for programs. The fields are fixed; see README.md in the folder above.
std::vector<File> to_json(const Report& report);

/// report.csv: one line a row, every field its own column, numbers unrounded.
std::vector<File> to_csv(const Report& report);

}  // namespace reprise::reports
