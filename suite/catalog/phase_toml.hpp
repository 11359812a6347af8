#pragma once
// Phases of a supervised run: [[phase]], or { name = "alone", share = 0.5, heads = "main" } in a list.

#include <string>
#include <vector>

#include "suite/catalog/toml_table.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::catalog {

/// The phases under `key`. Throws InputError for what is none: keys name, share, heads, rate, factor, milestones.
std::vector<recipes::PhaseRecipe> read_phases(const TomlTable& table, const std::string& key);

/// A phase as TOML, on one line.
std::string phase_toml(const recipes::PhaseRecipe& phase);

}  // namespace reprise::catalog
