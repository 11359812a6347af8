#pragma once
// Shows how far a run is: one line that is redrawn on a terminal, lines with a time stamp elsewhere. Writes to standard error.

#include <string>
#include <vector>

#include "suite/runs/run_trial.hpp"

namespace reprise::command {

/// One progress line in parts. Parts with a higher `rank` are left out first where the line is too long.
struct ProgressPart {
  std::string text;
  int rank = 0;
};

/// "training  42 %", "1 min 05 s left", "epoch 3.2", "loss 0.123", "4210 images/s"
std::vector<ProgressPart> progress_parts(const training::Progress& progress);

/// Label, bar and parts in at most `width` columns: the bar goes first, then parts by rank, then the middle of the label. Text is cut only
/// if what is left still does not fit. A `width` of 0 has no end.
std::string progress_line(const std::string& label, double fraction, std::vector<ProgressPart> parts, int width);

/// Seconds from one line of a log to the next: 10, a minute after the first minute, 10 minutes after the first ten.
double seconds_to_next_line(double seconds_so_far);

class ProgressDisplay {
 public:
  /// `label` names the run: "[2/12] dropout/relu seed 1". A display that is not `shown` writes nothing.
  explicit ProgressDisplay(std::string label, bool shown = true);
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  /// May be called after every step: draws at most ten times a second on a terminal, after seconds_to_next_line elsewhere.
  void show(const training::Progress& progress);
  /// The same for other work than a run: item number `done` (from 0) of `all` is in progress.
  void show(std::size_t done, std::size_t all, const std::string& item);

 private:
  void draw(double fraction, std::vector<ProgressPart> parts);
  std::string label_;
  bool shown_, terminal_;
  double begun_, next_;  ///< next_: when to draw again
};

/// Columns of the terminal that standard output is; 80 if it is none.
int output_width();
/// Standard error is a terminal that can redraw a line (TERM is not "dumb").
bool can_redraw();
/// "2026-03-01 12:30:05", local time, for lines of a log.
std::string log_time();

}  // namespace reprise::command
