#include "reports/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

namespace reprise::reports {
namespace {

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
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

std::string aligned(const std::vector<std::vector<std::string>>& rows, const std::string& rule_character) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], characters(row[c]));
  }
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line, rule;
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      line += rows[r][c] + std::string(widths[c] - characters(rows[r][c]) + 2, ' ');
      for (std::size_t i = 0; i < widths[c]; ++i) rule += rule_character;
      rule += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    rule.erase(rule.find_last_not_of(' ') + 1);
    out += line + "\n";
    if (r == 0) out += rule + "\n";
  }
  return out;
}

}  // namespace reprise::reports
