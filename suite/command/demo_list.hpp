#pragma once
// The list that `reprise run --demo` runs: experiments/demo.toml.

#include <vector>

#include "suite/command/run_list.hpp"

namespace reprise::command {

/// Reads `demo.toml` of the experiments folder, entries of the form
///   [[run]]
///   trial = "dropout/relu"
///   scale = "smoke"
///   seeds = 2                       # seeds 1 to 2; 1 if absent
///   set = ["dataset='fashion-mnist'"]   # overrides, as `--set`
/// Throws InputError that names file, line and key.
std::vector<PlannedRun> read_demo_list();

}  // namespace reprise::command
