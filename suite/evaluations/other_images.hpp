#pragma once
// The images of evaluations that look at another data set than the recipe's.

#include <filesystem>
#include <memory>
#include <vector>

#include "datasets/image_set.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::evaluations {

/// The test images that each evaluation of the recipe looks at; null for the recipe's own. Photographs are seen as the recipe's are. Throws
/// InputError as datasets::load does.
std::vector<std::shared_ptr<const datasets::ImageSet>> load_other_images(const recipes::Recipe& recipe,
                                                                         const std::filesystem::path& directory);

}  // namespace reprise::evaluations
