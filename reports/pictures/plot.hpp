#pragma once
// Line plots as SVG, drawn to stand in a page: colours are the page's CSS classes, so dark mode and print need no second copy.

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace reprise::reports {

struct PlotLine {
  std::string name;           ///< in the legend; lines of one name and colour share an entry; empty: no entry
  std::vector<double> x, y;   ///< same length; points that are not finite (or not positive on a log axis) are left out
  std::vector<double> error;  ///< half-length of error bars, or empty
  int color = 0;              ///< 0 to 7, taken modulo 8
  bool faint = false;         ///< thin and pale: one seed of several
  bool dashed = false;
  bool line = true;  ///< join the points
  bool markers = false;
  bool hollow = false;  ///< hollow markers: published values
};

struct Plot {
  std::string title;  ///< also the picture's accessible name
  std::string x_label, y_label;
  bool log_x = false, log_y = false;
  std::vector<PlotLine> lines;
  double y_low = 0, y_high = 0;  ///< a fixed vertical range if y_low < y_high, so that plots side by side can be compared
  int width = 520, height = 320;
};

/// Ticks inside [low, high]: steps of 1, 2 or 5 times a power of ten, about `wanted` of them; on a log axis 1, 2, 5 of each
/// decade, or the decades alone when they are many. Empty if the range is empty.
std::vector<double> ticks(double low, double high, int wanted, bool logarithmic);

/// One <svg> element with <title>; no scripts, no outside references, fixed digits.
std::string render_svg(const Plot& plot);

/// A 95 % interval against the region that a claim allows, as a small <svg>. `state` is a CSS class; infinite bounds are cut.
struct IntervalPicture {
  double value = 0, low = 0, high = 0;
  double region_low = 0, region_high = 0;
  std::string unit, state, name;
  std::optional<double> published = std::nullopt;  ///< the published effect: a hollow diamond
};
std::string render_interval(const IntervalPicture& picture);

/// A line of a forest plot: a published value (hollow diamond, its spread as a bar) above ours (dot, its interval as a bar). What is NaN is
/// left out. Lines of one table share the axis.
struct ForestLine {
  double published = kNone, published_spread = kNone;
  double value = kNone, low = kNone, high = kNone;
  std::string state, name;  ///< CSS class; accessible name

  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
};
struct ForestAxis {
  double low = 0, high = 1;
  bool logarithmic = false;
};
/// Holds all lines; logarithmic if they span much more than a decade.
ForestAxis forest_axis(const std::vector<ForestLine>& lines);
std::string render_forest_line(const ForestLine& line, const ForestAxis& axis);
/// The numbers of the axis, for the head of the table.
std::string render_forest_head(const ForestAxis& axis);

}  // namespace reprise::reports
