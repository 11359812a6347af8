#include "suite/evaluations/other_images.hpp"

#include <algorithm>
#include <utility>

#include "datasets/data_entry.hpp"
#include "datasets/photograph_frame.hpp"

namespace reprise::evaluations {

namespace {

std::shared_ptr<const datasets::ImageSet> load_tests(const recipes::Recipe& recipe, const recipes::EvaluationRecipe& evaluation,
                                                     const std::filesystem::path& directory) {
  datasets::Selection selection;
  selection.test = evaluation.test_images;
  selection.train = std::min<std::int64_t>(1, datasets::entry_of(evaluation.dataset).train.count);  // of which nothing is used
  selection.frame = datasets::PhotographFrame::of(recipe.preprocessing);
  selection.clips = datasets::ClipStage::of(recipe.preprocessing);
  return std::make_shared<const datasets::ImageSet>(std::move(datasets::load(evaluation.dataset, directory, selection).test));
}

}  // namespace

std::vector<std::shared_ptr<const datasets::ImageSet>> load_other_images(const recipes::Recipe& recipe,
                                                                         const std::filesystem::path& directory) {
  std::vector<std::shared_ptr<const datasets::ImageSet>> all;
  const std::vector<recipes::EvaluationRecipe>& evaluations = recipe.final_evaluations;
  for (const recipes::EvaluationRecipe& evaluation : evaluations) {
    const auto same = std::find_if(evaluations.begin(), evaluations.end(), [&](const recipes::EvaluationRecipe& other) {
      return other.dataset == evaluation.dataset && other.test_images == evaluation.test_images;
    });
    const auto known = static_cast<std::size_t>(same - evaluations.begin());
    if (evaluation.dataset.empty())
      all.push_back(nullptr);
    else
      all.push_back(known < all.size() ? all[known] : load_tests(recipe, evaluation, directory));
  }
  return all;
}

}  // namespace reprise::evaluations
