#include "reports/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace reprise::reports {
namespace {

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Bytes of the first `count` characters.
std::size_t bytes_of(const std::string& text, std::size_t count) {
  std::size_t at = 0;
  for (; at < text.size(); ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80 && count-- == 0) break;
  return at;
}

/// The last space up to `end` that is outside of parentheses, else the last one.
std::size_t space_to_break_at(const std::string& text, std::size_t end) {
  int depth = 0;
  std::size_t best = std::string::npos;
  for (std::size_t at = 0; at <= std::min(end, text.size() - 1); ++at) {
    depth += (text[at] == '(') - (text[at] == ')');
    if (text[at] == ' ' && depth == 0 && at > 0) best = at;
  }
  return best != std::string::npos ? best : text.rfind(' ', end);
}

constexpr std::size_t kColumnGap = 2, kMinColumn = 6;

/// Takes from the widest columns until all fit.
void fit(std::vector<std::size_t>& widths, std::size_t max_width) {
  const auto total = [&] { return std::accumulate(widths.begin(), widths.end(), kColumnGap * (widths.size() - 1)); };
  while (!widths.empty() && total() > max_width) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= kMinColumn) return;
    --*widest;
  }
}

bool is_percent(const std::string& unit) {
  return unit == "percent" || unit == "points";
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

}  // namespace

std::string number_text(double value, const std::string& unit) {
  if (std::isnan(value)) return "-";
  if (std::isinf(value)) return value > 0 ? "infinity" : "-infinity";
  if (!is_percent(unit)) return fmt::format("{:.4g}", value == 0 ? 0.0 : value);
  const std::string text = fmt::format("{:.2f}", value);
  return text == "-0.00" ? "0.00" : text;
}

std::string signed_text(double value, const std::string& unit) {
  const std::string text = number_text(value, unit);
  return value > 0 && text.front() != '-' ? "+" + text : text;
}

std::string shortest_text(double value) {
  return std::isnan(value) ? "-" : fmt::format("{}", value);
}

double rounded(double value) {
  return std::strtod(fmt::format("{:.3g}", value).c_str(), nullptr);
}

std::string interval_text(double low, double high, const std::string& unit) {
  if (std::isinf(low) && std::isinf(high)) return "unknown";
  return fmt::format("{} to {}", number_text(low, unit), number_text(high, unit));
}

std::string p_text(double p) {
  if (std::isnan(p)) return "-";
  if (p < 1e-15) return "< 1e-15";
  return p < 0.001 ? fmt::format("{:.0e}", p) : fmt::format("{:.2g}", p);
}

std::string difference_unit(const std::string& unit) {
  return unit == "percent" ? "points" : unit;
}

std::string html_escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        // Control characters other than tab and line ends are not allowed in the page.
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r') out += c;
    }
  }
  return out;
}

std::string latex_escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '\\':
        out += "\\textbackslash{}";
        break;
      case '~':
        out += "\\textasciitilde{}";
        break;
      case '^':
        out += "\\textasciicircum{}";
        break;
      case '<':
        out += "\\textless{}";
        break;
      case '>':
        out += "\\textgreater{}";
        break;
      case '&':
      case '%':
      case '$':
      case '#':
      case '_':
      case '{':
      case '}':
        out += '\\';
        out += c;
        break;
      default:
        out += c;
    }
  }
  replace_all(out, "±", "$\\pm$");
  replace_all(out, "≤", "$\\le$");
  replace_all(out, "≥", "$\\ge$");
  replace_all(out, "×", "$\\times$");
  replace_all(out, "−", "-");
  return out;
}

std::string markdown_escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\n' || c == '\r') {
      out += ' ';
    } else {
      if (c == '|' || c == '\\' || c == '*' || c == '_' || c == '<' || c == '`' || c == '[' || c == ']') out += '\\';
      out += c;
    }
  }
  return out;
}

std::string csv_quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string joined(const std::vector<std::string>& parts, const std::string& separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string canonical_name(const std::string& name) {
  std::string out;
  for (char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c))) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

std::size_t output_width() {
  const char* columns = std::getenv("COLUMNS");
  if (const int width = columns ? std::atoi(columns) : 0; width > 0) return static_cast<std::size_t>(width);
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : std::string::npos;
}

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::string rest = text;
  while (characters(rest) > width) {
    const std::size_t end = bytes_of(rest, width);
    const std::size_t space = space_to_break_at(rest, end), mark = rest.find_last_of("-/,;=+_.", end - 1);
    const bool at_space = space != std::string::npos && space > 0;
    const std::size_t cut = at_space ? space : mark != std::string::npos && mark > 0 ? mark + 1 : end;
    lines.push_back(rest.substr(0, cut));
    rest.erase(0, cut + (at_space ? 1 : 0));
  }
  lines.push_back(rest);
  return lines;
}

std::string filled(const std::string& text, const std::string& indent, std::size_t max_width) {
  constexpr std::size_t kMinParagraph = 20;
  const std::size_t width =
      max_width == std::string::npos ? max_width : std::max(kMinParagraph, max_width - std::min(max_width, indent.size()));
  return joined(wrapped(text, width), "\n" + indent) + "\n";
}

std::string aligned(const std::vector<std::vector<std::string>>& rows, const std::string& rule_character, std::size_t max_width) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], characters(row[c]));
  }
  fit(widths, max_width);
  std::string out, rule;
  for (std::size_t width : widths) {
    for (std::size_t i = 0; i < width; ++i) rule += rule_character;
    rule += "  ";
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::vector<std::vector<std::string>> cells;
    std::size_t height = 1;
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      cells.push_back(wrapped(rows[r][c], widths[c]));
      height = std::max(height, cells.back().size());
    }
    for (std::size_t i = 0; i < height; ++i) {
      std::string line;
      for (std::size_t c = 0; c < cells.size(); ++c) {
        const std::string part = i < cells[c].size() ? cells[c][i] : "";
        line += part + std::string(widths[c] - characters(part) + kColumnGap, ' ');
      }
      out += line.erase(line.find_last_not_of(' ') + 1) + "\n";
    }
    if (r == 0) out += rule.erase(rule.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

}  // namespace reprise::reports
