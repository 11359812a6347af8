#pragma once
// What all pages of the report share: the frame with style and script, and small parts.

#include <limits>
#include <string>
#include <vector>

#include "reports/report.hpp"

namespace reprise::reports {

/// A whole page around `body`. Style (light and dark by the reader's setting, narrow screens, print) and script stand in the page; without
/// the script it lacks only filters and sorting.
std::string html_page(const std::string& title, const std::string& body);

/// The verdict as a coloured label: green for what speaks for the claim or is at least as good as published, red for the opposite.
std::string html_badge(const std::string& state, const std::string& text);
std::string html_chip(const std::string& text, bool warning = false);
/// A card with a heading; "" without content.
std::string html_section(const std::string& id, const std::string& title, const std::string& content);
std::string html_small(const std::string& text);  ///< escaped, in small grey letters

/// A cell that becomes a line "LABEL: ..." on a narrow screen. `content` is HTML; `value`, if finite, is what sorting compares.
std::string html_cell(const std::string& label, const std::string& content, const std::string& css = "",
                      double value = std::numeric_limits<double>::quiet_NaN());
/// <th> cells of a column each; those of `fixed` do not sort, and have their name as a class.
std::string html_head(const std::vector<std::string>& names, const std::vector<std::string>& fixed = {});

}  // namespace reprise::reports
