#pragma once
// One writer per format, each in the file of its name: a function from a report to text. A writer computes nothing.

#include <string>

#include "reports/report.hpp"

namespace reprise::reports {

/// The report as a terminal shows it: a table of rows, then the claims.
std::string terminal_table(const Report& report);

/// Tables as GitHub renders them.
std::string to_markdown(const Report& report);

/// One self-contained page. Written so that it is also well-formed XML: every element closed, every attribute quoted.
std::string to_html(const Report& report);

/// A document of plain tabulars: compiles with the article class alone.
std::string to_latex(const Report& report);

/// For programs. The fields are fixed; see README.md in the folder above.
std::string to_json(const Report& report);

/// One line a row, every field its own column, numbers unrounded.
std::string to_csv(const Report& report);

}  // namespace reprise::reports
