#include "suite/command/progress.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include "suite/clock.hpp"
#include "suite/command/tell.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::command {
namespace {

using text::duration_text;

constexpr std::size_t kBarWidth = 20;
constexpr double kTerminalSeconds = 0.1;
constexpr int kUnknownWidth = 80;

std::string bar(double fraction) {
  const auto full = static_cast<std::size_t>(std::clamp(fraction, 0.0, 1.0) * kBarWidth);
  return "[" + std::string(full, '#') + std::string(kBarWidth - full, '.') + "]";
}

/// Asked for each line, so that a window may change its size.
int terminal_width(int file) {
  winsize size{};
  return ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUnknownWidth;
}

std::string joined(const std::vector<ProgressPart>& parts) {
  std::string text;
  for (const ProgressPart& part : parts) text += (text.empty() ? "" : "  ") + part.text;
  return text;
}

/// The first and last characters of a label, "..." between them.
std::string shortened(const std::string& label, std::size_t size) {
  if (label.size() <= size) return label;
  if (size < 8) return "";
  const std::size_t kept = size - 3, head = kept / 2;
  return label.substr(0, head) + "..." + label.substr(label.size() - (kept - head));
}

}  // namespace

std::vector<ProgressPart> progress_parts(const training::Progress& progress) {
  std::vector<ProgressPart> parts = {{fmt::format("{} {:3.0f} %", progress.phase, 100 * std::clamp(progress.share, 0.0, 1.0)), 0}};
  if (progress.seconds_left > 0) parts.push_back({duration_text(progress.seconds_left) + " left", 1});
  parts.push_back({fmt::format("epoch {:.1f}", progress.epoch), 3});
  if (!std::isnan(progress.loss)) parts.push_back({fmt::format("loss {:.4g}", progress.loss), 2});
  if (progress.images_per_second > 0) parts.push_back({fmt::format("{:.0f} images/s", progress.images_per_second), 4});
  return parts;
}

std::string progress_line(const std::string& label, double fraction, std::vector<ProgressPart> parts, int width) {
  const std::size_t room = width > 0 ? static_cast<std::size_t>(width) : static_cast<std::size_t>(-1);
  const std::string whole = label + " " + bar(fraction) + " " + joined(parts);
  if (whole.size() <= room) return whole;
  const auto fits = [&] { return label.size() + 1 + joined(parts).size() <= room; };
  while (!fits() && parts.size() > 1)
    parts.erase(std::max_element(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.rank < b.rank; }));
  const std::string text = joined(parts);
  const std::string head = text.size() + 1 < room ? shortened(label, room - text.size() - 1) : "";
  return (head.empty() ? text : head + " " + text).substr(0, room);
}

double seconds_to_next_line(double seconds_so_far) {
  return seconds_so_far < 60 ? 10 : seconds_so_far < 600 ? 60 : 600;
}

int output_width() {
  return terminal_width(STDOUT_FILENO);
}

bool can_redraw() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && (term == nullptr || std::string_view(term) != "dumb");
}

std::string log_time() {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(std::time(nullptr)));
}

ProgressDisplay::ProgressDisplay(std::string label, bool shown)
    : label_(std::move(label)),
      shown_(shown),
      terminal_(can_redraw()),
      begun_(now_seconds()),
      next_(begun_ + (terminal_ ? kTerminalSeconds : seconds_to_next_line(0))) {}

ProgressDisplay::~ProgressDisplay() {
  if (shown_ && terminal_) std::fputs("\r\033[K", stderr);
}

void ProgressDisplay::show(const training::Progress& progress) {
  if (shown_ && now_seconds() >= next_) draw(progress.share, progress_parts(progress));
}

void ProgressDisplay::show(std::size_t done, std::size_t all, const std::string& item) {
  if (shown_ && now_seconds() >= next_)
    draw(static_cast<double>(done) / static_cast<double>(all), {{fmt::format("{} of {}, {}", done + 1, all, item), 0}});
}

void ProgressDisplay::draw(double fraction, std::vector<ProgressPart> parts) {
  const double now = now_seconds();
  next_ = now + (terminal_ ? kTerminalSeconds : seconds_to_next_line(now - begun_));
  if (terminal_) {
    // One column is left free: some terminals start a new line when the last one is filled.
    tell("\r\033[K{}", progress_line(label_, fraction, std::move(parts), terminal_width(STDERR_FILENO) - 1));
  } else {
    tell("{} {}: {}\n", log_time(), label_, joined(parts));
  }
  std::fflush(stderr);
}

}  // namespace reprise::command
