#pragma once
// The clocks: one for durations, one for dates. Neither is ever part of a result.

#include <chrono>
#include <string>

namespace reprise {

/// Seconds since an arbitrary moment, on a clock that never jumps: for durations, deadlines and benchmarks.
double now_seconds();

/// A moment in UTC, by default now, as ISO 8601: "2026-03-01T12:30:05Z". For provenance.
std::string utc_text(std::chrono::system_clock::time_point time = std::chrono::system_clock::now());

}  // namespace reprise
