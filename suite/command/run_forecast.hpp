#pragma once
// The list of runs that `plan` and `run --dry-run` print: what is finished, what the rest takes.

#include <filesystem>
#include <vector>

#include "suite/command/run_list.hpp"

namespace reprise::command {

/// Times steps of each recipe, and of those that others start from, about a second each, and prints a line for each trial, then the time of
/// all runs without a result in `out`: here one after the other, and on several nodes like this one (`nodes`, else 2, 4, 8), a run on each
/// at a time. A result counts if recipe, seed and answer version are the run's; its data are not looked at. Data sets that the runs read
/// and that are not in the data directory are named at the end.
void print_forecast(const std::vector<PlannedRun>& runs, const std::filesystem::path& out, const std::filesystem::path& data_directory,
                    int threads, int nodes);

/// Seconds until runs of these lengths are done on `nodes` nodes that each take the longest one that is left.
double seconds_on_nodes(std::vector<double> runs, int nodes);

}  // namespace reprise::command
