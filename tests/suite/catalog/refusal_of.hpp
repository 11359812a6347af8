#pragma once

#include <string>

#include "suite/catalog/recipe_toml.hpp"
#include "suite/errors.hpp"

namespace reprise::catalog {

/// What a recipe with an override is refused for; "" if it is not.
inline std::string refusal_of(recipes::Recipe recipe, const std::string& key, const std::string& value) {
  try {
    apply_override(recipe, key, value);
    check_recipe(recipe);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace reprise::catalog
