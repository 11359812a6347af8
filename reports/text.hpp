#pragma once
// How numbers and words are written: one way for all formats, so that they agree to the last digit.

#include <optional>
#include <string>
#include <vector>

namespace reprise::reports {

/// A measured value: two decimals for percent, four significant digits otherwise; "-" for NaN.
std::string number_text(double value, const std::string& unit);
/// The same with its sign.
std::string signed_text(double value, const std::string& unit);
/// As short as it reads back: published numbers, margins, settings.
std::string shortest_text(double value);
/// To three significant digits.
double rounded(double value);
/// "0.11 to 0.43"; an unbounded side is said.
std::string interval_text(double low, double high, const std::string& unit);
/// "0.03", "4e-05", "< 1e-15".
std::string p_text(double p);
/// "points" for differences in percent, else the unit.
std::string difference_unit(const std::string& unit);

std::string html_escaped(const std::string& text);      ///< & < > " '
std::string latex_escaped(const std::string& text);     ///< the ten specials, ± and a few more characters LaTeX must be told of
std::string markdown_escaped(const std::string& text);  ///< | and line ends, for cells, and the characters of emphasis
std::string csv_quoted(const std::string& text);        ///< RFC 4180

/// $COLUMNS, else those of the terminal that standard output goes to; without limit if it goes elsewhere.
std::size_t output_width();

std::string joined(const std::vector<std::string>& parts, const std::string& separator);
/// Letters and digits only, in lower case: "CIFAR-10", "cifar10" and "cifar_10" are one name.
std::string canonical_name(const std::string& name);
/// Lines of at most `width` characters, broken at spaces, else after a mark such as '-' or ',', else anywhere.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);
/// A paragraph: `text` in lines of at most max_width characters, all but the first after `indent`. Ends its last line.
std::string filled(const std::string& text, const std::string& indent = "", std::size_t max_width = output_width());
/// Columns as wide as their widest cell, counted in characters, not bytes. A table wider than max_width is made to fit: cells of its widest
/// columns go over several lines. By default the width is that of the terminal; a file or a pipe gets whole lines.
std::string aligned(const std::vector<std::vector<std::string>>& rows, const std::string& rule_character,
                    std::size_t max_width = output_width());

}  // namespace reprise::reports
