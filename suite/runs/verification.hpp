#pragma once
// Executes a part of a run again, on the ranks and threads of this call, and compares it with the result file.

#include <cstdint>
#include <filesystem>

#include "suite/records/divergence.hpp"
#include "suite/runs/run_trial.hpp"

namespace reprise::runs {

struct VerificationPart {
  double from_epoch = 0;  ///< rows before are not compared (the run is executed from its start all the same)
  std::int64_t steps =
      0;  ///< minimum number of steps, extended to the next recorded loss digest (a 200th of the run) and one or two more; 0: all
};

/// Throws InputError if the data, the code's answer version or the instruction sets are not those of the run: another answer would
/// then be no finding. Uses data, threads, team and progress of the options. Collective; the answer is the root's.
records::Divergence verify_run(const records::RunRecord& record, const VerificationPart& part, const RunOptions& options);

}  // namespace reprise::runs
