#include "suite/procedures/procedure.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "datasets/image_set.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"

namespace reprise::training {
namespace {

/// A trial of the catalog at smoke scale, on made-up data.
struct TrialOnMadeUpData {
  explicit TrialOnMadeUpData(const std::string& paper, const std::string& trial, const std::vector<catalog::Override>& more = {}) {
    std::vector<catalog::Override> overrides{
        {"dataset", "synthetic-color32"}, {"train_images", "150"}, {"test_images", "70"}, {"batch", "32"}, {"shard", "8"}, {"epochs", "3"}};
    overrides.insert(overrides.end(), more.begin(), more.end());
    recipe = catalog::resolve(paper, trial, "smoke", overrides);
    const auto set = datasets::load(recipe.dataset, "", {recipe.train_images, recipe.test_images});
    const auto train_images = std::make_shared<const datasets::ImageSet>(set.train),
               test_images = std::make_shared<const datasets::ImageSet>(set.test);
    const auto preprocessing = datasets::Preprocessing::fit({"standardize"}, *train_images);
    train = std::make_unique<datasets::SampleSource>(train_images, preprocessing, recipe.augmentation);
    test = std::make_unique<datasets::SampleSource>(test_images, preprocessing, std::vector<std::string>{});
    graph = std::make_unique<graph::Graph>(catalog::build_model(recipe, train->shape(), train->classes()));
  }
  std::unique_ptr<Learner> learner(std::uint64_t seed, parallel::Workers& workers) const {
    return procedures::make_learner(recipe, *graph, {*train, *train, *test}, seed, workers);
  }
  recipes::Recipe recipe;
  std::unique_ptr<datasets::SampleSource> train, test;
  std::unique_ptr<graph::Graph> graph;
};

records::RunRecord record_of(const Learner& learner) {
  records::RunRecord record;
  learner.write_to(record);
  record.timing.clear();
  return record;
}

void expect_same(const records::RunRecord& a, const records::RunRecord& b) {
  EXPECT_EQ(a.epochs, b.epochs);
  EXPECT_EQ(a.weight_digests, b.weight_digests);
  EXPECT_EQ(a.test_predictions, b.test_predictions);
  ASSERT_EQ(a.metrics.size(), b.metrics.size());
  for (const auto& [name, series] : a.metrics) EXPECT_EQ(series.values, b.metrics.at(name).values) << name;
}

class Resuming : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Resuming, at_any_step_on_other_threads_gives_the_same_run) {
  const TrialOnMadeUpData setup(GetParam().first, GetParam().second);
  parallel::Workers one(1), two(2);
  const auto whole = setup.learner(7, two);
  ASSERT_TRUE(whole->run({}));
  for (const std::int64_t stop_at : {1, 4, 7, 10}) {
    const auto first = setup.learner(7, one);
    records::Checkpoint kept;
    Controls controls;
    controls.should_stop = [&] { return first->step() >= stop_at - 1; };  // asked before a step, heard after it
    controls.save = [&](const records::Checkpoint& checkpoint) { kept = checkpoint; };
    ASSERT_FALSE(first->run(controls));
    const auto second = setup.learner(7, two);
    second->restore(kept);
    EXPECT_EQ(second->step(), stop_at);
    ASSERT_TRUE(second->run({}));
    expect_same(record_of(*whole), record_of(*second));
  }
}

INSTANTIATE_TEST_SUITE_P(Papers, Resuming,
                         testing::Values(std::pair{"dropout", "table2-maxnorm-3x1024"}, std::pair{"all-cnn", "allcnn-c"},
                                         std::pair{"logavgexp", "resnet8-feature-lae-learned"},
                                         std::pair{"resource-efficient", "magnitude-80"},      // weights that are pruned survive
                                         std::pair{"resource-efficient", "lenet-clusters-4"},  // and who shares a value
                                         std::pair{"speedrun", "airbench94-muon"}),
                         [](const auto& parameter) {
                           std::string name = parameter.param.first + std::string("_") + parameter.param.second;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Learner, seeds_give_different_runs) {
  const TrialOnMadeUpData setup("dropout", "table2-maxnorm-3x1024");
  parallel::Workers workers(2);
  const auto a = setup.learner(1, workers), b = setup.learner(2, workers);
  a->run({});
  b->run({});
  EXPECT_NE(record_of(*a).weight_digests, record_of(*b).weight_digests);
}

TEST(Learner, learns_the_synthetic_set) {
  const TrialOnMadeUpData setup("logavgexp", "resnet8-feature-gap", {{"epochs", "6"}, {"train_images", "600"}});
  parallel::Workers workers(2);
  const auto learner = setup.learner(1, workers);
  learner->run({});
  EXPECT_LT(learner->last_evaluation().error_percent, 5.0);  // at most 3 images of 70; guessing gives 90
}

TEST(Learner, refuses_a_checkpoint_of_another_recipe) {
  const TrialOnMadeUpData setup("dropout", "table2-maxnorm-3x1024"), longer("dropout", "table2-maxnorm-3x1024", {{"epochs", "5"}});
  parallel::Workers workers(1);
  EXPECT_THROW(longer.learner(1, workers)->restore(setup.learner(1, workers)->snapshot()), InputError);
}

}  // namespace
}  // namespace reprise::training
