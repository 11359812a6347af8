#include "suite/command/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>

namespace reprise::command {
namespace {

constexpr int kLabelWidth = 10;  // "  0.00123 |"
constexpr int kMinWidth = kLabelWidth + 12, kMinHeight = 4;
constexpr double kLogarithmicFrom = 20;

struct Column {
  double sum = 0;
  int count = 0;
};

}  // namespace

std::vector<std::string> chart(const Points& points, int width, int height) {
  Points finite;
  std::copy_if(points.begin(), points.end(), std::back_inserter(finite),
               [](const auto& point) { return std::isfinite(point.first) && std::isfinite(point.second); });
  if (finite.empty() || width < kMinWidth || height < kMinHeight) return {};
  const auto columns = static_cast<std::size_t>(width - kLabelWidth - 1), rows = static_cast<std::size_t>(height - 2);
  const double first = finite.front().first, last = std::max(finite.back().first, first + 1e-9);
  std::vector<Column> means(columns);
  for (const auto& [x, y] : finite) {
    const auto at = static_cast<std::size_t>(std::clamp((x - first) / (last - first), 0.0, 1.0) * static_cast<double>(columns - 1) + 0.5);
    means[at].sum += y, ++means[at].count;
  }
  double low = 1e300, high = -1e300;
  for (const Column& column : means) {
    if (column.count == 0) continue;
    low = std::min(low, column.sum / column.count), high = std::max(high, column.sum / column.count);
  }
  const bool logarithmic = low > 0 && high > kLogarithmicFrom * low;
  const auto scaled = [&](double value) { return logarithmic ? std::log(value) : value; };
  const double bottom = scaled(low), span = std::max(scaled(high) - bottom, 1e-300);

  std::vector<std::string> lines(rows, std::string(columns, ' '));
  for (std::size_t c = 0; c < columns; ++c) {
    if (means[c].count == 0) continue;
    const double share = high > low ? (scaled(means[c].sum / means[c].count) - bottom) / span : 0.5;
    lines[rows - 1 - static_cast<std::size_t>(share * static_cast<double>(rows - 1) + 0.5)][c] = '*';
  }
  for (std::size_t r = 0; r < rows; ++r) {
    const double share = rows > 1 ? static_cast<double>(rows - 1 - r) / static_cast<double>(rows - 1) : 0;
    const double value = logarithmic ? std::exp(bottom + share * span) : low + share * (high - low);
    const bool labelled = r == 0 || r + 1 == rows || r == rows / 2;
    lines[r] = fmt::format("{:>{}} |{}", labelled ? fmt::format("{:.4g}", value) : "", kLabelWidth - 1, lines[r]);
    lines[r].erase(lines[r].find_last_not_of(' ') + 1);
  }
  lines.push_back(std::string(kLabelWidth, ' ') + "+" + std::string(columns, '-'));
  const std::string from = fmt::format("{:.4g}", first), to = fmt::format("{:.4g}", last);
  lines.push_back(fmt::format("{:>{}}{:>{}}", from, kLabelWidth + 1 + static_cast<int>(from.size()), to,
                              static_cast<int>(columns) - static_cast<int>(from.size())));
  return lines;
}

}  // namespace reprise::command
