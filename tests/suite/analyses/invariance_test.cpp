#include <gtest/gtest.h>

#include "datasets/surrogate_images.hpp"
#include "suite/errors.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/global_average_pool.hpp"
#include "tests/suite/analyses/analysed.hpp"

namespace reprise::tests {
namespace {

/// Photographs whose rows are alike: a move to the right changes a patch, a move down would not.
datasets::ImageSet slopes() {
  datasets::ImageSet set;
  set.name = "slopes", set.split = "train";
  set.count = 12, set.channels = 1, set.height = set.width = 24, set.classes = 2;
  for (int i = 0; i < 12; ++i)
    for (int y = 0; y < 24; ++y)
      for (int x = 0; x < 24; ++x) set.pixels.push_back(static_cast<std::uint8_t>(40 + 5 * x + 3 * i));
  set.labels.assign(12, 0);
  return set;
}

struct Surrogate {
  datasets::SurrogateRecipe recipe;
  datasets::Dataset made;
};
Surrogate surrogate() {
  datasets::SurrogateRecipe recipe;
  recipe.classes = 4, recipe.copies = 2, recipe.side = 10, recipe.windows = {10};
  return {recipe, datasets::surrogate_classes(slopes(), recipe)};
}

/// The net's only feature is the mean of a patch.
records::RunRecord measured(std::int64_t patches, const datasets::ImageSet& test) {
  SmallTraining setup;
  setup.graph = graph::Graph({10, 10, 1});
  setup.graph.add("mean", std::make_shared<layers::GlobalAveragePool>());
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.train.height = setup.train.width = 10;
  setup.train.pixels.assign(200, 1), setup.train.labels = {0, 1};
  setup.test = setup.train;
  setup.recipe.batch = 3, setup.recipe.shard = 2;
  setup.recipe.surrogate.classes = 4;
  setup.recipe.analyses = {"invariance"};
  setup.recipe.analysis_options.set("patches", patches);
  setup.recipe.analysis_options.set("node", std::string("mean"));
  SmallRun run(setup);
  const auto images = std::make_shared<const datasets::ImageSet>(test);
  const datasets::SampleSource source(images, datasets::Preprocessing::fit({}, *images), {});
  records::RunRecord record;
  analyses::check_analyses({run.setup().recipe, run.setup().graph});
  analyses::find_analysis("invariance")({run.setup().recipe, run.setup().graph, run.learner(), source, source, 1, run.workers(), {}, {}},
                                        record);
  return record;
}

TEST(Invariance, distances_by_hand) {
  const Surrogate made = surrogate();
  const records::RunRecord record = measured(8, made.made.test);
  // Means of the patches, from their pixels.
  const datasets::UnseenPatches* patches = datasets::unseen_patches(made.made.test);
  ASSERT_EQ(patches->unseen(), 8);
  const auto mean = [&](std::int64_t i, const datasets::PatchChange& change) {
    std::vector<std::uint8_t> pixels(100);
    patches->make_unseen(i, change, pixels.data());
    double sum = 0;
    for (const std::uint8_t pixel : pixels) sum += pixel / 100.0;
    return sum;
  };
  double apart = 0, moved = 0, scaled = 0;
  for (std::int64_t i = 0; i < 8; ++i) {
    for (std::int64_t j = 0; j < 8; ++j) apart += std::abs(mean(i, {}) - mean(j, {})) / 56;
    datasets::PatchChange right, larger;
    right.right = 0.2, larger.scale = 1.4;
    moved += std::abs(mean(i, right) - mean(i, {})) / 8, scaled += std::abs(mean(i, larger) - mean(i, {})) / 8;
  }
  EXPECT_NEAR(record.results.at("moved_by_translation").value, moved / apart, 1e-4);
  EXPECT_NEAR(record.results.at("moved_by_scale").value, scaled / apart, 1e-4);
  EXPECT_EQ(record.results.at("moved_by_hue").value, 0);  // grey has none
  EXPECT_GT(record.results.at("moved_by_contrast").value, 0);
  const records::Table& table = record.tables.at("invariance");
  EXPECT_EQ(table.columns.at("strength"), (std::vector<double>{0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2}));
  for (const char* name : {"translation", "rotation", "scale", "hue", "contrast"}) {
    EXPECT_EQ(table.columns.at(name).size(), 9u);
    EXPECT_EQ(table.columns.at(name).front(), 0) << name;
  }
  EXPECT_EQ(table.columns.at("translation")[4], record.results.at("moved_by_translation").value);
}

TEST(Invariance, needs_surrogate_classes_and_patches_of_none) {
  SmallTraining setup;
  setup.graph.add("fc.relu", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.recipe.analyses = {"invariance"};
  EXPECT_THROW(analyses::check_analyses({setup.recipe, setup.graph}), InputError);
  setup.recipe.surrogate.classes = 5;
  EXPECT_NO_THROW(analyses::check_analyses({setup.recipe, setup.graph}));
  datasets::SurrogateRecipe all;
  all.classes = 12, all.copies = 1, all.side = 10, all.windows = {10};
  EXPECT_THROW(measured(8, datasets::surrogate_classes(slopes(), all).test), InputError);
  EXPECT_THROW(measured(1, surrogate().made.test), InputError);
}

}  // namespace
}  // namespace reprise::tests
