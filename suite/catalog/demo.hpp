#pragma once
// The trials that ./reproduce runs on data that every machine has: the table [demo] of each experiment.toml. It lists `trials`, and may
// give `set` (settings as of --set), `scale` (else desk) and `seeds` (else 2).

#include <string>
#include <vector>

#include "suite/catalog/catalog.hpp"

namespace reprise::catalog {

struct DemoEntry {
  std::string paper, trial, scale;
  int seeds = 1;
  std::vector<Override> overrides;  ///< the data set first, then the paper's own
};

/// Throws InputError naming file, line and key; every row resolves to a recipe.
std::vector<DemoEntry> load_demo();

/// "key=value" as of --set. Throws InputError when there is no '='.
Override parse_override(const std::string& text);

}  // namespace reprise::catalog
