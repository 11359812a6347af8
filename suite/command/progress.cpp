#include "suite/command/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "suite/clock.hpp"
#include "suite/command/tell.hpp"
#include "suite/text/quantities.hpp"

namespace reprise::command {
namespace {

using text::duration_text;

constexpr int kBarWidth = 20;
constexpr double kTerminalSeconds = 0.1, kLogSeconds = 5;

double fraction_of(const training::Progress& progress) {
  return std::clamp(progress.share, 0.0, 1.0);
}

std::string bar(double fraction) {
  const auto full = static_cast<std::size_t>(fraction * kBarWidth);
  return "[" + std::string(full, '#') + std::string(kBarWidth - full, '.') + "]";
}

}  // namespace

std::string progress_text(const training::Progress& progress) {
  std::string text = fmt::format("{} {:3.0f} %  epoch {:.1f}", progress.phase, 100 * fraction_of(progress), progress.epoch);
  if (!std::isnan(progress.loss)) text += fmt::format("  loss {:.4g}", progress.loss);
  if (progress.images_per_second > 0) text += fmt::format("  {:.0f} images/s", progress.images_per_second);
  if (progress.seconds_left > 0) text += "  " + duration_text(progress.seconds_left) + " left";
  return text;
}

ProgressDisplay::ProgressDisplay(std::string label)
    : label_(std::move(label)),
      terminal_(isatty(STDERR_FILENO) != 0),
      next_(now_seconds() + (terminal_ ? kTerminalSeconds : kLogSeconds)) {}

ProgressDisplay::~ProgressDisplay() {
  if (terminal_) std::fputs("\r\033[K", stderr);
}

void ProgressDisplay::show(const training::Progress& progress) {
  if (now_seconds() >= next_) draw(fraction_of(progress), progress_text(progress));
}

void ProgressDisplay::show(std::size_t done, std::size_t all, const std::string& at_hand) {
  if (now_seconds() >= next_)
    draw(static_cast<double>(done) / static_cast<double>(all), fmt::format("{} of {}, {}", done + 1, all, at_hand));
}

void ProgressDisplay::draw(double fraction, const std::string& text) {
  next_ = now_seconds() + (terminal_ ? kTerminalSeconds : kLogSeconds);
  if (terminal_) {
    tell("\r\033[K{} {} {}", label_, bar(fraction), text);
  } else {
    tell("{}: {}\n", label_, text);
  }
  std::fflush(stderr);
}

}  // namespace reprise::command
