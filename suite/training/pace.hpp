#pragma once
// How fast the present phase of a run goes.

#include <algorithm>
#include <string>

#include "suite/clock.hpp"
#include "suite/training/phase.hpp"

namespace reprise::training {

class Pace {
 public:
  void note(const std::string& phase, const Work& work) {
    const double now = now_seconds();
    if (phase != phase_) {
      phase_ = phase;
      begun_ = now;
      first_ = work;
    }
    elapsed_ = std::max(1e-9, now - begun_);
    work_per_second_ = (work.done - first_.done) / elapsed_;
    images_per_second_ = (work.images - first_.images) / elapsed_;
    seconds_left_ = work_per_second_ > 0 ? (work.total - work.done) / work_per_second_ : 0;
  }
  double images_per_second() const { return images_per_second_; }
  double seconds_left() const { return seconds_left_; }

 private:
  std::string phase_;
  Work first_;
  double begun_ = 0, elapsed_ = 0, work_per_second_ = 0, images_per_second_ = 0, seconds_left_ = 0;
};

}  // namespace reprise::training
