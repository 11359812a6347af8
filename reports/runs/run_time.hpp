#pragma once
// How long a run took, from its result file.

#include "suite/records/run_record.hpp"

namespace reprise::reports {

/// Of training alone, all phases.
double training_seconds(const records::RunRecord& run);

/// From the start to the end of the process that finished it, so with evaluations, analyses and reading of data; the training alone where
/// the run was interrupted in between, which shows in a duration much longer than the training.
double run_seconds(const records::RunRecord& run);

}  // namespace reprise::reports
