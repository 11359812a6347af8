#pragma once
// The loss over the steps of a run, thinned to at most a thousand points: a curve that is finer than the rows of the history.

#include <cstdint>

#include "suite/records/checkpoint.hpp"
#include "suite/records/run_record.hpp"

namespace reprise::training {

class StepLosses {
 public:
  /// Of step `step` of `total_steps`, per sample; NaN: the step has none. A point is the mean over equally many steps.
  void add(std::int64_t step, std::int64_t total_steps, double loss);

  void save_to(records::Checkpoint& checkpoint) const;
  /// A checkpoint without them (of an earlier version) leaves the first part of the curve out.
  void restore_from(const records::Checkpoint& checkpoint);
  void write_to(records::RunRecord& record) const { record.step_losses = points_; }

 private:
  records::StepSeries points_;
  double sum_ = 0, count_ = 0;  ///< since the last point
};

}  // namespace reprise::training
