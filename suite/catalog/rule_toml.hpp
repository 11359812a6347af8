#pragma once
// Rules for single parameters: [[optimizer.rule]], or { match = "*/bias", rate = 2.0 } in a list.

#include <string>
#include <vector>

#include "suite/catalog/toml_table.hpp"
#include "suite/optimizers/optimizer_recipe.hpp"

namespace reprise::catalog {

/// The rules under `key`. Throws InputError for what is no rule: keys match, rate, decay, rate_steps, rate_power, max_rms,
/// rate_until, frozen.
std::vector<optimizers::Rule> read_rules(const TomlTable& table, const std::string& key);

/// A rule as TOML, on one line; what it leaves open is not written.
std::string rule_toml(const optimizers::Rule& rule);

}  // namespace reprise::catalog
