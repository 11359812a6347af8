#pragma once
// Recipes as TOML: one layer of settings applied to a recipe, and a whole recipe written and read back.

#include <string>
#include <vector>

#include "suite/catalog/toml_table.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::catalog {

/// Sets what `layer` holds; what it does not hold stays. Rules where that is not enough:
///   a number for a schedule sets its value; a schedule table with another `kind` starts afresh
///   another model.name forgets the options of the model before
///   epochs forgets steps that an earlier layer set
///   deviations add up, every other list is replaced
/// The caller may read further keys of `layer` and must call layer.finish().
void apply_layer(recipes::Recipe& recipe, const TomlTable& layer);

/// Applies "key=value" as if it were one line of TOML in a last layer; text that is not TOML is a string.
/// A setting that changes something is recorded among the deviations.
void apply_override(recipes::Recipe& recipe, const std::string& key, const std::string& value);

/// Throws InputError when model, data set or length is missing or optimizer and schedule do not fit.
void check_recipe(const recipes::Recipe& recipe);

const std::vector<std::string>& scale_names();  ///< smoke, desk, paper

}  // namespace reprise::catalog
