#pragma once
// A recipe as TOML, keys in a fixed order, and back: what a run stores, what its id hashes, and what differs between two recipes.

#include <string>
#include <vector>

#include "suite/recipes/fields.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::catalog {

/// The settings as TOML, rows in the order of suite/recipes/fields.hpp: what the run id hashes.
std::string settings_text(const recipes::Recipe& recipe);

/// The same with the words behind it, in a table [words]: what /recipe stores.
std::string to_toml(const recipes::Recipe& recipe);

/// Reads what to_toml wrote; to_toml(recipe_from_toml(text)) == text for such text, so a stored recipe can be run again. Reads the form of
/// answer version 1, too. Throws InputError naming line and key.
recipes::Recipe recipe_from_toml(const std::string& text);

enum class Strictness {
  strict,
  lenient,  ///< keys that this version does not know are passed over
};

/// The same without a check that the recipe can be run.
recipes::Recipe stored_recipe(const std::string& text, Strictness strictness);

/// One value as it is written, "" for options.
std::string value_text(const recipes::Field& field, const recipes::Recipe& recipe);

/// A field or an option whose value is not the same in two recipes; "" where it is not written.
struct FieldDifference {
  std::string key, a, b;
  bool is_word = false;
};
std::vector<FieldDifference> compare_recipes(const recipes::Recipe& a, const recipes::Recipe& b);

}  // namespace reprise::catalog
