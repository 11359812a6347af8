#pragma once
// Ranks that were started with different arguments or files would train one mixed net. Before the first step they compare what they were
// asked to do.

#include <string>
#include <utility>
#include <vector>

#include "suite/command/run_list.hpp"

namespace reprise::command {

/// What a rank was asked to do: (thing, value) pairs in a fixed order. A value may have several lines.
using Assignment = std::vector<std::pair<std::string, std::string>>;

/// Runs, their settings and seeds, and what decides which results are written.
Assignment assignment_of(const std::vector<PlannedRun>& runs, const runs::RunOptions& options);

/// Throws InputError naming the first thing in which a rank differs from rank 0, with both values.
void require_same(const std::vector<Assignment>& by_rank, const std::vector<std::string>& hosts);

/// Collective over the session; rank 0 compares and throws.
void require_same(const Assignment& mine, ranks::Session& session);

}  // namespace reprise::command
