#include "suite/recipes/recipe.hpp"

#include <algorithm>
#include <cmath>

namespace reprise::recipes {

const std::vector<std::string>& scale_names() {
  static const std::vector<std::string> names{"smoke", "desk", "paper"};
  return names;
}

std::int64_t steps_per_epoch(const Recipe& recipe, std::int64_t train_images) {
  const std::int64_t full = train_images / recipe.batch;
  return std::max<std::int64_t>(1, recipe.drop_last ? full : full + (train_images % recipe.batch != 0 ? 1 : 0));
}

std::int64_t total_steps(const Recipe& recipe, std::int64_t train_images) {
  if (recipe.steps > 0) return recipe.steps;
  return std::max<std::int64_t>(1, std::llround(recipe.epochs * static_cast<double>(steps_per_epoch(recipe, train_images))));
}

}  // namespace reprise::recipes
