#pragma once
// Recipes as TOML: one layer of settings applied to a recipe, and a whole recipe written and read back.

#include <string>
#include <vector>

#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/catalog/toml_table.hpp"
#include "suite/recipes/fields.hpp"

namespace reprise::catalog {

/// Reads the rows of suite/recipes/fields.hpp whose key begins with `path` and whose role is among `roles` from a table; what it does not
/// hold stays as it is, but for what the rows say (`restarts`, `clears`, `adds_up`). A number for a schedule is its value. The caller may
/// read further keys and must call table.finish(); inner tables are finished here.
void read_fields(const TomlTable& table, const std::string& path, const std::vector<recipes::Role>& roles, recipes::Recipe& recipe,
                 Strictness strictness = Strictness::strict);

/// One layer of an experiment.toml: settings and words.
void apply_layer(recipes::Recipe& recipe, const TomlTable& layer);

/// Applies "key=value" as if it were one line of TOML in a last layer; text that is not TOML is a string.
/// A setting that changes something is noted in Recipe::by_hand.
void apply_override(recipes::Recipe& recipe, const std::string& key, const std::string& value);

/// What may stand there: "at least 1", "sgd, adam, adamw".
std::string allowed_text(const recipes::Field& field);

/// Throws InputError when model, data set or length is missing or optimizer and schedule do not fit.
void check_recipe(const recipes::Recipe& recipe);

/// The recipe's settings by hand in an order in which apply_override() gives them all: a key that takes back others comes first.
std::vector<Override> overrides_by_hand(const recipes::Recipe& recipe);
/// Of these, what holds for the trials whose weights it needs, too: all but those that say which trials these are.
std::vector<Override> overrides_for_others(const recipes::Recipe& recipe);

}  // namespace reprise::catalog
