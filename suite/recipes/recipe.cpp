#include "suite/recipes/recipe.hpp"

#include <algorithm>
#include <cmath>

namespace reprise::recipes {

const std::vector<std::string>& scale_names() {
  static const std::vector<std::string> names{"smoke", "desk", "night", "paper"};
  return names;
}

const std::vector<std::string>& usual_scale_names() {
  static const std::vector<std::string> names{"smoke", "desk", "paper"};
  return names;
}

int scale_place(const std::string& scale) {
  const auto& names = scale_names();
  const auto found = std::find(names.begin(), names.end(), scale);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

std::vector<std::string> data_sets(const Recipe& recipe) {
  std::vector<std::string> names{recipe.dataset};
  const auto add = [&](const std::string& name) {
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const EvaluationRecipe& evaluation : recipe.final_evaluations) add(evaluation.dataset);
  for (const ProbeRecipe& probe : recipe.probes) add(probe.dataset);
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
