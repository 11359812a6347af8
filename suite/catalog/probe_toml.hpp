#pragma once
// Probes of a recipe: [[probe]], or { name = "svm", dataset = "cifar-10", side = 64, nodes = ["conv1.relu"] } in a list.

#include <string>
#include <vector>

#include "suite/catalog/toml_table.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::catalog {

/// The probes under `key`. Throws InputError for what is none: keys are the members of recipes::ProbeRecipe. A name is of small letters,
/// digits and dashes and is used once; a probe has nodes.
std::vector<recipes::ProbeRecipe> read_probes(const TomlTable& table, const std::string& key);

/// A probe as TOML, on one line, without what has its default.
std::string probe_toml(const recipes::ProbeRecipe& probe);

}  // namespace reprise::catalog
