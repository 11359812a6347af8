#pragma once
// The trials that ./reproduce runs on data that every machine has: read from demo.toml.

#include <string>
#include <vector>

#include "suite/catalog/catalog.hpp"

namespace reprise::catalog {

struct DemoRow {
  std::string paper, trial, scale;
  int seeds = 1;
  std::vector<Override> overrides;  ///< those of all rows first, then the paper's own, then the row's own
};

/// Throws InputError naming file, line and key; every row resolves to a recipe.
std::vector<DemoRow> load_demo();

/// "key=value" as of --set. Throws InputError when there is no '='.
Override parse_override(const std::string& text);

}  // namespace reprise::catalog
