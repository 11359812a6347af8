#pragma once
// Stands between records and the disk: counts the calls, ends the process at one of them, or lets one fail.

#include <unistd.h>

#include <cstddef>
#include <limits>
#include <vector>

#include "suite/records/disk_calls.hpp"

namespace reprise::records::testing {

constexpr int kKilled = 137;  ///< exit code of a process that the saboteur ended; a shell reports the same for kill -9

/// What to do at which call, the first being 1. Processes are ended at calls that may change the disk, so only these are counted for that;
/// at a read, the disk is as it is at the next of them.
struct Plan {
  enum class Act { nothing, end_before, end_after, fail };
  Act act = Act::nothing;
  int at = 0;
  int error = 0;                                                    ///< errno of a call that fails
  std::size_t max_bytes = std::numeric_limits<std::size_t>::max();  ///< of every read and write
};

/// Admitted while it lives.
class Saboteur : public disk::Witness {
 public:
  explicit Saboteur(const Plan& plan) : plan_(plan) { disk::admit(this); }
  ~Saboteur() override { disk::admit(nullptr); }
  Saboteur(const Saboteur&) = delete;
  Saboteur& operator=(const Saboteur&) = delete;

  disk::Ruling before(disk::Call call) override {
    seen_.push_back(call);
    is_counted_ = (plan_.act != Plan::Act::end_before && plan_.act != Plan::Act::end_after) || call != disk::Call::read;
    calls_ += is_counted_ ? 1 : 0;
    if (!is_counted_ || calls_ != plan_.at) return {0, plan_.max_bytes};
    if (plan_.act == Plan::Act::end_before) ::_exit(kKilled);
    return {plan_.act == Plan::Act::fail ? plan_.error : 0, plan_.max_bytes};
  }
  void after(disk::Call) override {
    if (is_counted_ && calls_ == plan_.at && plan_.act == Plan::Act::end_after) ::_exit(kKilled);
  }
  int calls() const { return calls_; }
  const std::vector<disk::Call>& seen() const { return seen_; }

 private:
  Plan plan_;
  std::vector<disk::Call> seen_;
  int calls_ = 0;
  bool is_counted_ = false;
};

}  // namespace reprise::records::testing
