#include "suite/evaluations/labelled_images.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "datasets/photograph_frame.hpp"
#include "datasets/stl10_reader.hpp"
#include "suite/errors.hpp"
#include "suite/random/random.hpp"

namespace reprise::evaluations {

namespace {

constexpr std::int64_t kHeldOutOf = 5;

std::vector<std::vector<std::int64_t>> by_class(const datasets::ImageSet& images) {
  std::vector<std::vector<std::int64_t>> places(static_cast<std::size_t>(images.classes));
  for (std::int64_t i = 0; i < images.count; ++i) places[static_cast<std::size_t>(images.labels[static_cast<std::size_t>(i)])].push_back(i);
  return places;
}

}  // namespace

LabelledImages load_labelled(const recipes::Recipe& recipe, const recipes::ProbeRecipe& probe, const std::filesystem::path& directory) {
  const datasets::Selection selection{0, recipe.held_out_images > 0 ? 0 : probe.test_images, recipe.held_out_images,
                                      datasets::PhotographFrame::of(recipe.preprocessing)};
  const std::string& name = probe.dataset.empty() ? recipe.dataset : probe.dataset;
  datasets::Dataset loaded = datasets::load(name, directory, selection);
  LabelledImages images{std::make_shared<const datasets::ImageSet>(std::move(loaded.train)),
                        std::make_shared<const datasets::ImageSet>(std::move(loaded.test))};
  if (!probe.folds) return images;
  if (recipe.held_out_images > 0)
    throw InputError(Complaint{fmt::format("probe '{}' on the folds of '{}'", probe.name, name), "all training images of the set",
                               fmt::format("{} of them held out", recipe.held_out_images), "Set held_out_images = 0, or folds = false"});
  images.folds = datasets::folds_of(name, directory);
  return images;
}

std::vector<std::vector<std::int64_t>> subsets_of(const recipes::ProbeRecipe& probe, const LabelledImages& images) {
  if (probe.folds) return images.folds;
  const std::vector<std::vector<std::int64_t>> classes = by_class(*images.train);
  std::vector<std::vector<std::int64_t>> subsets(static_cast<std::size_t>(probe.subsets));
  for (std::size_t s = 0; s < subsets.size(); ++s) {
    for (std::size_t c = 0; c < classes.size(); ++c) {
      const auto available = static_cast<std::int64_t>(classes[c].size());
      if (probe.labelled > available)
        throw InputError(Complaint{fmt::format("probe '{}': labelled images of class {} of '{}'", probe.name, c, images.train->name),
                                   fmt::format("at most {}", available), fmt::format("{}", probe.labelled), "Lower labelled"});
      const std::vector<std::int64_t> order =
          random::permutation(0, random::Purpose::labelled, static_cast<std::uint64_t>(s * classes.size() + c), available);
      for (std::int64_t i = 0; i < (probe.labelled > 0 ? probe.labelled : available); ++i)
        subsets[s].push_back(classes[c][static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
    }
    std::sort(subsets[s].begin(), subsets[s].end());
  }
  return subsets;
}

CutSubset cut(const std::vector<std::int64_t>& subset, const std::vector<std::int32_t>& labels, int classes) {
  CutSubset parts;
  std::vector<std::int64_t> seen(static_cast<std::size_t>(classes), 0);
  for (const std::int64_t image : subset) {
    std::int64_t& of_class = seen[static_cast<std::size_t>(labels[static_cast<std::size_t>(image)])];
    (of_class++ % kHeldOutOf == 0 ? parts.held_out : parts.learned).push_back(image);
  }
  return parts;
}

}  // namespace reprise::evaluations
