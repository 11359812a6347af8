#pragma once
// Durations, byte counts and large numbers, as people type and read them.

#include <cstdint>
#include <string>

namespace reprise::text {

/// "55m", "1h30m", "90s", "2h", "300" (seconds) -> seconds. Throws InputError naming `flag`.
double parse_duration(const std::string& flag, const std::string& text);

/// "12" -> 12: decimal digits with an optional minus sign and nothing else ("010" is ten), from `min` to `max`. Throws InputError naming
/// `flag` otherwise.
std::int64_t parse_integer(const std::string& flag, const std::string& text, std::int64_t min, std::int64_t max);
/// "2.5", "1e-3" -> a finite number from `min` to `max`. Throws InputError naming `flag` otherwise.
double parse_number(const std::string& flag, const std::string& text, double min, double max);

/// "0.4 s", "12 s", "3 min 05 s", "1 h 07 min", "2 d 03 h".
std::string duration_text(double seconds);
/// "512 B", "3.4 KiB", "651 MiB".
std::string bytes_text(std::int64_t bytes);
/// Three significant digits and a metric prefix: "1.28 M", "45.2 G", "930".
std::string count_text(double count);
/// "1 run", "12 runs".
std::string plural(std::int64_t count, const std::string& one, const std::string& many);

}  // namespace reprise::text
