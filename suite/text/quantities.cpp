#include "suite/text/quantities.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "suite/errors.hpp"

namespace reprise::text {
namespace {

double seconds_per(char unit) {
  switch (unit) {
    case 'h':
      return 3600;
    case 'm':
      return 60;
    case 's':
      return 1;
    default:
      return 0;
  }
}

}  // namespace

double parse_duration(const std::string& flag, const std::string& text) {
  const InputError bad(Complaint{flag, "a duration such as 55m, 1h30m or 90s", "'" + text + "'", ""});
  const char* at = text.data();
  const char* const end = at + text.size();
  double seconds = 0;
  if (at == end) throw bad;
  while (at != end) {
    double number = 0;
    const auto [next, error] = std::from_chars(at, end, number, std::chars_format::fixed);
    if (error != std::errc() || number < 0) throw bad;
    const double scale = next == end ? 1 : seconds_per(*next);
    if (scale == 0) throw bad;
    seconds += number * scale;
    at = next == end ? end : next + 1;
  }
  if (!(seconds > 0) || !std::isfinite(seconds)) throw bad;
  return seconds;
}

std::int64_t parse_integer(const std::string& flag, const std::string& text, std::int64_t min, std::int64_t max) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= min && value <= max) return value;
  throw InputError(Complaint{flag, fmt::format("a whole number from {} to {}", min, max), "'" + text + "'", ""});
}

double parse_number(const std::string& flag, const std::string& text, double min, double max) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= min && value <= max) return value;  // false for NaN
  throw InputError(Complaint{flag, fmt::format("a number from {} to {}", min, max), "'" + text + "'", ""});
}

std::string duration_text(double seconds) {
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  if (whole < 48 * 3600) return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
  return fmt::format("{} d {:02} h", whole / 86400, whole % 86400 / 3600);
}

std::string bytes_text(std::int64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 || value >= 100 ? fmt::format("{:.0f} {}", value, kUnits[unit]) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string count_text(double count) {
  constexpr std::array<const char*, 7> kPrefixes = {"", " k", " M", " G", " T", " P", " E"};
  std::size_t prefix = 0;
  while (std::abs(count) >= 999.5 && prefix + 1 < kPrefixes.size()) {
    count /= 1000;
    ++prefix;
  }
  if (prefix == 0) return fmt::format("{:.0f}", count);
  const int decimals = count < 9.995 ? 2 : count < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}{}", count, decimals, kPrefixes[prefix]);
}

std::string plural(std::int64_t count, const std::string& one, const std::string& many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace reprise::text
