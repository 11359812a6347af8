#pragma once
// The images that a probe learns and is tested on.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "datasets/image_set.hpp"
#include "suite/recipes/recipe.hpp"

namespace reprise::evaluations {

struct LabelledImages {
  std::shared_ptr<const datasets::ImageSet> train, test;
  std::vector<std::vector<std::int64_t>> folds{};  ///< the data set's own subsets of `train`; empty unless the probe asks for them
};

/// Of the probe's data set, or the recipe's. Where the recipe is tested on held-out images, so is the probe. Throws InputError as
/// datasets::load does.
LabelledImages load_labelled(const recipes::Recipe& recipe, const recipes::ProbeRecipe& probe, const std::filesystem::path& directory);

/// Places of the training images of each subset, ascending: as many of each class as the probe says, drawn by seed 0 and
/// Purpose::labelled; all images if it says 0. Throws InputError for a class with fewer.
std::vector<std::vector<std::int64_t>> subsets_of(const recipes::ProbeRecipe& probe, const LabelledImages& images);

/// A subset cut in two: of each class the first image and every fifth after it are held out.
struct CutSubset {
  std::vector<std::int64_t> learned, held_out;
};
CutSubset cut(const std::vector<std::int64_t>& subset, const std::vector<std::int32_t>& labels, int classes);

}  // namespace reprise::evaluations
