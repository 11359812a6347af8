#pragma once
// What tables of recipe fields are written with.

#include "suite/recipes/fields.hpp"

namespace reprise::recipes {

inline constexpr double kMaxCount = 1e18;

/// The member at the end of a chain: at(&Recipe::optimizer, &OptimizerRecipe::max_norm).
template <typename... Members>
std::function<Field::Place(Recipe&)> at(Members... members) {
  return [members...](Recipe& recipe) { return Field::Place(&(recipe.*....*members)); };
}

}  // namespace reprise::recipes
