#include "reports/pictures/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "reports/text.hpp"

namespace reprise::reports {
namespace {

constexpr int kColors = 8;
constexpr double kCharacterWidth = 6.1;  // of the 11 px system font, on average; only leaves room, never cuts
constexpr double kLegendLine = 17, kLegendKey = 22, kLegendGap = 9;

struct Axis {
  double low = 0, high = 1;
  bool logarithmic = false;
  double from = 0, to = 1;  // pixels

  bool shows(double value) const { return std::isfinite(value) && (!logarithmic || value > 0); }
  double at(double value) const {
    const auto scaled = [&](double v) { return logarithmic ? std::log10(v) : v; };
    return from + (scaled(value) - scaled(low)) / (scaled(high) - scaled(low)) * (to - from);
  }
};

struct Extent {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

Axis fitted_axis(Extent extent, bool logarithmic, double margin) {
  Axis axis;
  axis.logarithmic = logarithmic;
  if (extent.low > extent.high) extent = logarithmic ? Extent{1, 10} : Extent{0, 1};
  if (extent.low == extent.high) {
    const double around = extent.low == 0 ? 1 : std::abs(extent.low) * 0.1;
    extent = logarithmic ? Extent{extent.low / 2, extent.high * 2} : Extent{extent.low - around, extent.high + around};
  } else if (logarithmic) {
    const double factor = std::pow(extent.high / extent.low, margin);
    extent = {extent.low / factor, extent.high * factor};
  } else {
    const double room = (extent.high - extent.low) * margin;
    // Quantities that start at zero keep their zero.
    extent = {extent.low >= 0 && extent.low - room < 0 ? 0 : extent.low - room, extent.high + room};
  }
  axis.low = extent.low;
  axis.high = extent.high;
  return axis;
}

std::string tick_text(double value) {
  const double size = std::abs(value);
  if (size >= 10000 && size < 1e6 && std::fmod(value, 1000) == 0) return fmt::format("{:g}k", value / 1000);
  if (size >= 1e6 && size < 1e9) return fmt::format("{:g}M", value / 1e6);
  return fmt::format("{:.4g}", size < 1e-12 ? 0.0 : value);
}

std::string points_text(const PlotLine& line, const Axis& x, const Axis& y) {
  std::string path;
  bool open = false;  // a value that cannot be shown breaks the line
  for (std::size_t i = 0; i < std::min(line.x.size(), line.y.size()); ++i) {
    if (!x.shows(line.x[i]) || !y.shows(line.y[i])) {
      open = false;
      continue;
    }
    path += fmt::format("{}{:.1f} {:.1f}", open ? "L" : "M", x.at(line.x[i]), y.at(line.y[i]));
    open = true;
  }
  return path;
}

std::string series_svg(const PlotLine& line, const Axis& x, const Axis& y) {
  std::string out = fmt::format("<g class=\"s{}{}{}{}\">", line.color % kColors, line.faint ? " faint" : "", line.dashed ? " dashed" : "",
                                line.hollow ? " hollow" : "");
  if (line.line && line.x.size() > 1) out += fmt::format("<path class=\"line\" d=\"{}\"/>", points_text(line, x, y));
  for (std::size_t i = 0; i < std::min(line.x.size(), line.y.size()); ++i) {
    if (!x.shows(line.x[i]) || !y.shows(line.y[i])) continue;
    const double px = x.at(line.x[i]), py = y.at(line.y[i]);
    if (i < line.error.size() && line.error[i] > 0) {
      const double top = y.at(line.y[i] + line.error[i]);
      const double below = line.y[i] - line.error[i];
      const double bottom = y.shows(below) ? y.at(below) : y.from;
      out +=
          fmt::format("<path class=\"bar\" d=\"M{0:.1f} {1:.1f}V{2:.1f}M{3:.1f} {1:.1f}h6M{3:.1f} {2:.1f}h6\"/>", px, top, bottom, px - 3);
    }
    if (line.markers) out += fmt::format("<circle class=\"mark\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>", px, py, line.hollow ? 3.6 : 3);
  }
  return out + "</g>\n";
}

std::string diamond(double x, double y) {
  return fmt::format("<path class=\"diamond\" d=\"M{:.1f} {:.1f}l5 5l-5 5l-5 -5z\"/>", x, y - 5);
}

struct LegendEntry {
  const PlotLine* line;
  double x, y;
};

// Lays the legend out in rows no wider than the plot; returns its height.
double lay_out_legend(const Plot& plot, double left, std::vector<LegendEntry>& entries) {
  double x = left, y = 0;
  for (const PlotLine& line : plot.lines) {
    const bool known = std::any_of(entries.begin(), entries.end(), [&](const LegendEntry& e) {
      return e.line->name == line.name && e.line->color % kColors == line.color % kColors && e.line->hollow == line.hollow;
    });
    if (line.name.empty() || known) continue;
    const double width = kLegendKey + kCharacterWidth * static_cast<double>(line.name.size()) + kLegendGap;
    if (x > left && x + width > plot.width) {
      x = left;
      y += kLegendLine;
    }
    entries.push_back({&line, x, y});
    x += width;
  }
  return entries.empty() ? 0 : y + kLegendLine;
}

std::string legend_svg(const std::vector<LegendEntry>& entries, double top) {
  std::string out;
  for (const LegendEntry& entry : entries) {
    const PlotLine& line = *entry.line;
    const double y = top + entry.y + 8;
    out += fmt::format("<g class=\"s{}{}{}\">", line.color % kColors, line.dashed ? " dashed" : "", line.hollow ? " hollow" : "");
    out += fmt::format("<path class=\"line\" d=\"M{:.1f} {:.1f}h18\"/>", entry.x, y);
    if (line.markers) out += fmt::format("<circle class=\"mark\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>", entry.x + 9, y);
    out +=
        fmt::format("<text class=\"key\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text></g>\n", entry.x + kLegendKey, y + 4, html_escaped(line.name));
  }
  return out;
}

}  // namespace

std::vector<double> ticks(double low, double high, int wanted, bool logarithmic) {
  std::vector<double> out;
  if (!(low < high) || (logarithmic && low <= 0)) return out;
  if (logarithmic) {
    const int first = static_cast<int>(std::floor(std::log10(low))), last = static_cast<int>(std::ceil(std::log10(high)));
    const double decades = std::log10(high / low);
    const int every = std::max(1, static_cast<int>(std::ceil(decades / wanted)));
    for (int decade = first; decade <= last; ++decade) {
      for (int digit : {1, 2, 5}) {
        if (digit > 1 && decades * 3 > wanted * 1.3) continue;
        if (digit == 1 && (decade - first) % every != 0 && every > 1) continue;
        const double value = digit * std::pow(10.0, decade);
        if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) out.push_back(value);
      }
    }
    if (out.size() >= 2) return out;
    out.clear();  // less than a decade without two round values: the steps of a linear axis serve
  }
  const double raw = (high - low) / wanted, power = std::pow(10.0, std::floor(std::log10(raw)));
  const double step = power * (raw / power <= 1 ? 1 : raw / power <= 2 ? 2 : raw / power <= 5 ? 5 : 10);
  for (double index = std::ceil(low / step - 1e-9); index * step <= high + step * 1e-9; ++index) out.push_back(index * step);
  return out;
}

std::string render_svg(const Plot& plot) {
  Extent x_extent, y_extent;
  Axis probe_x, probe_y;
  probe_x.logarithmic = plot.log_x;
  probe_y.logarithmic = plot.log_y;
  for (const PlotLine& line : plot.lines) {
    for (std::size_t i = 0; i < std::min(line.x.size(), line.y.size()); ++i) {
      if (!probe_x.shows(line.x[i]) || !probe_y.shows(line.y[i])) continue;
      x_extent.include(line.x[i]);
      const double error = i < line.error.size() && std::isfinite(line.error[i]) ? line.error[i] : 0;
      y_extent.include(line.y[i] + error);
      y_extent.include(probe_y.shows(line.y[i] - error) ? line.y[i] - error : line.y[i]);
    }
  }
  Axis x = fitted_axis(x_extent, plot.log_x, plot.log_x ? 0.04 : 0.03), y = fitted_axis(y_extent, plot.log_y, 0.06);
  if (plot.y_low < plot.y_high) {
    y.low = plot.y_low;
    y.high = plot.y_high;
  }
  const double left = 52, right = plot.width - 12, top = 10, bottom = plot.height - 40;
  x.from = left;
  x.to = right;
  y.from = bottom;
  y.to = top;

  std::vector<LegendEntry> entries;
  const double height = plot.height + lay_out_legend(plot, left, entries) + (entries.empty() ? 0 : 4);
  std::string out =
      fmt::format("<svg class=\"plot\" viewBox=\"0 0 {0} {1:.0f}\" width=\"{0}\" height=\"{1:.0f}\" role=\"img\">\n<title>{2}</title>\n",
                  plot.width, height, html_escaped(plot.title));
  for (double value : ticks(y.low, y.high, std::max(3, (plot.height - 50) / (plot.log_y ? 26 : 42)), plot.log_y)) {
    const double at = y.at(value);
    out += fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}H{:.1f}\"/><text class=\"tick y\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
                       left, at, right, left - 6, at + 3.8, tick_text(value));
  }
  for (double value : ticks(x.low, x.high, std::max(3, (plot.width - 64) / 56), plot.log_x)) {
    const double at = x.at(value);
    out += fmt::format("<path class=\"axis\" d=\"M{0:.1f} {1:.1f}v4\"/><text class=\"tick x\" x=\"{0:.1f}\" y=\"{2:.1f}\">{3}</text>\n", at,
                       bottom, bottom + 16, tick_text(value));
  }
  // The inner <svg> cuts lines that leave a fixed range.
  out += fmt::format("<svg x=\"{0:.1f}\" y=\"{1:.1f}\" width=\"{2:.1f}\" height=\"{3:.1f}\" viewBox=\"{0:.1f} {1:.1f} {2:.1f} {3:.1f}\">\n",
                     left, top - 4, right - left + 4, bottom - top + 8);
  for (const PlotLine& line : plot.lines) out += series_svg(line, x, y);
  out += "</svg>\n";
  out += fmt::format("<path class=\"axis\" d=\"M{:.1f} {:.1f}V{:.1f}H{:.1f}\"/>\n", left, top, bottom, right);
  out += fmt::format("<text class=\"label x\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", (left + right) / 2, bottom + 33,
                     html_escaped(plot.x_label));
  out += fmt::format("<text class=\"label y\" transform=\"translate(12 {:.1f}) rotate(-90)\">{}</text>\n", (top + bottom) / 2,
                     html_escaped(plot.y_label));
  return out + legend_svg(entries, plot.height + 2) + "</svg>\n";
}

std::string render_interval(const IntervalPicture& picture) {
  constexpr double kWidth = 300, kHeight = 48, kMiddle = 16, kLeft = 10, kRight = 290;
  Extent extent;
  for (double value : {picture.value, picture.low, picture.high, picture.region_low, picture.region_high}) {
    if (std::isfinite(value)) extent.include(value);
  }
  if (picture.published) extent.include(*picture.published);
  if (std::isfinite(picture.region_low) != std::isfinite(picture.region_high) && picture.unit == "points") extent.include(0);
  Axis axis = fitted_axis(extent, false, 0.0);
  const double room = (axis.high - axis.low) * 0.15;
  axis.low -= room;
  axis.high += room;
  axis.from = kLeft;
  axis.to = kRight;
  const auto cut = [&](double value) { return std::clamp(axis.at(std::clamp(value, axis.low, axis.high)), kLeft, kRight); };
  const bool spread_known = std::isfinite(picture.low) && std::isfinite(picture.high);

  std::string out =
      fmt::format("<svg class=\"interval {}\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\" role=\"img\"><title>{}: {}{}</title>",
                  html_escaped(canonical_name(picture.state)), kWidth, kHeight, kWidth, kHeight, html_escaped(picture.name),
                  number_text(picture.value, picture.unit),
                  (spread_known ? ", 95 % interval " + interval_text(picture.low, picture.high, picture.unit) : "") +
                      (picture.published ? "; published effect " + number_text(*picture.published, picture.unit) : ""));
  const double from = cut(picture.region_low), to = cut(picture.region_high);
  out += fmt::format("<rect class=\"region\" x=\"{:.1f}\" y=\"4\" width=\"{:.1f}\" height=\"24\"/>", from, std::max(0.0, to - from));
  for (double bound : {picture.region_low, picture.region_high}) {
    if (std::isfinite(bound)) out += fmt::format("<path class=\"bound\" d=\"M{:.1f} 2V30\"/>", axis.at(bound));
  }
  out += fmt::format("<path class=\"axis\" d=\"M{} 30H{}\"/>", kLeft, kRight);
  for (double value : ticks(axis.low, axis.high, 6, false)) {
    out += fmt::format("<path class=\"axis\" d=\"M{0:.1f} 30v3\"/><text class=\"tick x\" x=\"{0:.1f}\" y=\"44\">{1}</text>", axis.at(value),
                       tick_text(value));
  }
  if (spread_known) {
    const double low = cut(picture.low), high = cut(picture.high);
    out += fmt::format("<path class=\"span\" d=\"M{0:.1f} {2}H{1:.1f}M{0:.1f} {3}v10M{1:.1f} {3}v10\"/>", low, high, kMiddle, kMiddle - 5);
  }
  out += fmt::format("<circle class=\"value\" cx=\"{:.1f}\" cy=\"{}\" r=\"4.5\"/>", cut(picture.value), kMiddle);
  return out + (picture.published ? diamond(cut(*picture.published), kMiddle) : "") + "</svg>\n";
}

namespace {

constexpr double kForestWidth = 220, kForestHeight = 34, kForestMargin = 8;
constexpr double kForestDecades = 1.5;  // more than that reads better on a log axis

Axis scaled_axis(const ForestAxis& forest) {
  return {forest.low, forest.high, forest.logarithmic, kForestMargin, kForestWidth - kForestMargin};
}

std::string forest_svg(const std::string& state, const std::string& name, double height, const std::string& marks) {
  return fmt::format("<svg class=\"forest {}\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\" role=\"img\"><title>{}</title>{}</svg>",
                     html_escaped(canonical_name(state)), kForestWidth, height, kForestWidth, height, html_escaped(name), marks);
}

std::string span(const Axis& axis, double low, double high, double y) {
  if (!std::isfinite(low) || !std::isfinite(high)) return "";
  const double from = axis.shows(low) ? axis.at(low) : axis.from;
  return fmt::format("<path class=\"span\" d=\"M{0:.1f} {2}H{1:.1f}M{0:.1f} {3}v6M{1:.1f} {3}v6\"/>", from, axis.at(high), y, y - 3);
}

std::vector<double> forest_ticks(const ForestAxis& axis) {
  return ticks(axis.low, axis.high, axis.logarithmic ? 5 : 4, axis.logarithmic);
}

}  // namespace

ForestAxis forest_axis(const std::vector<ForestLine>& lines) {
  Extent extent;
  double smallest = std::numeric_limits<double>::infinity();
  const auto include = [&](double value) {
    if (std::isfinite(value)) extent.include(value);
  };
  for (const ForestLine& line : lines) {
    for (double value : {line.published, line.value}) {
      include(value);
      if (std::isfinite(value)) smallest = std::min(smallest, value);
    }
    for (double value : {line.low, line.high, line.published - line.published_spread, line.published + line.published_spread})
      include(value);
  }
  const bool logarithmic = smallest > 0 && std::log10(extent.high / smallest) > kForestDecades;
  if (logarithmic && extent.low <= 0) extent.low = smallest / 2;
  const Axis axis = fitted_axis(extent, logarithmic, 0.05);
  return {axis.low, axis.high, logarithmic};
}

std::string render_forest_line(const ForestLine& line, const ForestAxis& forest) {
  const Axis axis = scaled_axis(forest);
  constexpr double kPublished = 10, kOurs = 23;
  std::string marks;
  for (double value : forest_ticks(forest))
    marks += fmt::format("<path class=\"grid\" d=\"M{:.1f} 0V{}\"/>", axis.at(value), kForestHeight);
  if (axis.shows(line.published)) {
    marks += "<g class=\"published\">" +
             span(axis, line.published - line.published_spread, line.published + line.published_spread, kPublished) +
             diamond(axis.at(line.published), kPublished) + "</g>";
  }
  if (axis.shows(line.value))
    marks += span(axis, line.low, line.high, kOurs) +
             fmt::format("<circle class=\"value\" cx=\"{:.1f}\" cy=\"{}\" r=\"4\"/>", axis.at(line.value), kOurs);
  return forest_svg(line.state, line.name, kForestHeight, marks);
}

std::string render_forest_head(const ForestAxis& forest) {
  const Axis axis = scaled_axis(forest);
  std::string marks;
  for (double value : forest_ticks(forest))
    marks += fmt::format("<text class=\"tick x\" x=\"{:.1f}\" y=\"12\">{}</text>", axis.at(value), tick_text(value));
  return forest_svg("axis", forest.logarithmic ? "logarithmic axis" : "axis", 16, marks);
}

}  // namespace reprise::reports
