#pragma once
// Shows how far a run is: a bar on a terminal, a line every few seconds elsewhere. Writes to standard error.

#include <string>

#include "suite/runs/run_trial.hpp"

namespace reprise::command {

class ProgressDisplay {
 public:
  /// `label` names the run: "[2/12] dropout/relu seed 1".
  explicit ProgressDisplay(std::string label);
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  /// May be called after every step: draws at most ten times a second on a terminal, every five seconds elsewhere.
  void show(const training::Progress& progress);
  /// The same for other work than a run: item number `done` (from 0) of `all` is in progress.
  void show(std::size_t done, std::size_t all, const std::string& at_hand);

 private:
  void draw(double fraction, const std::string& text);
  std::string label_;
  bool terminal_;
  double next_;  ///< when to draw again
};

/// "training  42 %  epoch 3.2  loss 0.123  4210 images/s  1 min 05 s left"
std::string progress_text(const training::Progress& progress);

}  // namespace reprise::command
