// Plastic layers, then a classifier on their features.

#include <gtest/gtest.h>

#include <algorithm>

#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/procedures/procedure.hpp"
#include "suite/runs/run_data.hpp"
#include "tests/support/temporary_folder.hpp"

namespace reprise::hebbian {
namespace {

/// A trial at smoke scale on made-up data, small enough for seconds. The classifier sees 40 of the 60 training images.
struct SmallTrial {
  explicit SmallTrial(const std::string& trial, const std::vector<catalog::Override>& more = {}) {
    std::vector<catalog::Override> overrides{{"dataset", "synthetic-color32"},
                                             {"train_images", "60"},
                                             {"test_images", "40"},
                                             {"batch", "16"},
                                             {"shard", "8"},
                                             {"epochs", "2"},
                                             {"hebbian.batch", "10"},
                                             {"hebbian.shard", "4"},
                                             {"hebbian.labelled_images", "40"}};
    overrides.insert(overrides.end(), more.begin(), more.end());
    recipe = catalog::resolve("softhebb", trial, "smoke", overrides);
    data = std::make_unique<runs::RunData>(recipe, folder.path());
    graph = std::make_unique<graph::Graph>(catalog::build_model(recipe, data->train->shape(), data->train->classes()));
  }
  std::unique_ptr<training::Learner> learner(parallel::Workers& workers, std::uint64_t seed = 7) const {
    return procedures::make_learner(recipe, *graph, data->samples(), seed, workers);
  }

  tests::TemporaryFolder folder;
  recipes::Recipe recipe;
  std::unique_ptr<runs::RunData> data;
  std::unique_ptr<graph::Graph> graph;
};

records::RunRecord record_of(const training::Learner& learner) {
  records::RunRecord record;
  learner.write_to(record);
  return record;
}

void expect_same(const records::RunRecord& a, const records::RunRecord& b) {
  EXPECT_EQ(a.epochs, b.epochs);
  EXPECT_EQ(a.weight_digests, b.weight_digests);
  EXPECT_EQ(a.test_predictions, b.test_predictions);
  EXPECT_EQ(a.results, b.results);
  ASSERT_EQ(a.metrics.size(), b.metrics.size());
  for (const auto& [name, series] : a.metrics) EXPECT_EQ(series.values, b.metrics.at(name).values) << name;
  EXPECT_EQ(a.tables.at("kernel_norms").columns, b.tables.at("kernel_norms").columns);
}

class Stopped : public testing::TestWithParam<const char*> {};

TEST_P(Stopped, in_any_phase_and_continued_on_other_threads_gives_the_same_run) {
  const SmallTrial small("cifar10-3layer", {{"hebbian.order", GetParam()}});
  parallel::Workers one(1), two(2), three(3);
  const auto whole = small.learner(two);
  ASSERT_TRUE(whole->run({}));
  // 6 Hebbian steps a pass, one pass or three; then features; then 6 classifier steps. Asked after every step and every lot of features.
  const int calls = static_cast<int>(whole->total_steps()) + 2;
  for (const int stop_at : {1, 5, 6, 7, 8, calls - 3}) {
    const auto first = small.learner(one);
    records::Checkpoint kept;
    training::Controls controls;
    int asked = 0;
    controls.should_stop = [&] { return ++asked >= stop_at; };
    controls.save = [&](const records::Checkpoint& checkpoint) { kept = checkpoint; };
    ASSERT_FALSE(first->run(controls)) << stop_at;
    const auto second = small.learner(three);
    second->restore(kept);
    EXPECT_EQ(second->step(), first->step());
    ASSERT_TRUE(second->run({}));
    expect_same(record_of(*whole), record_of(*second));
  }
}

INSTANTIATE_TEST_SUITE_P(Orders, Stopped, testing::Values("all_at_once", "layer_by_layer"),
                         [](const auto& parameter) { return std::string(parameter.param); });

TEST(Hebbian, the_classifier_leaves_the_plastic_layers_alone) {
  const SmallTrial unlearned("cifar10-2layer", {{"hebbian.epochs", "0"}});
  parallel::Workers workers(2);
  const auto learner = unlearned.learner(workers);
  graph::Parameters fresh(*unlearned.graph);
  fresh.initialise(7);
  ASSERT_TRUE(learner->run({}));
  for (const graph::Parameter& parameter : fresh.list()) {
    const bool same = std::equal(fresh.of(parameter), fresh.of(parameter) + parameter.count, learner->parameters().of(parameter));
    EXPECT_EQ(same, parameter.name != "logits/weight" && parameter.name != "logits/bias") << parameter.name;
  }
}

TEST(Hebbian, cached_features_classify_as_the_whole_net_does) {
  const SmallTrial small("cifar10-3layer");
  parallel::Workers workers(2);
  const auto learner = small.learner(workers);
  ASSERT_TRUE(learner->run({}));
  const training::Evaluation whole = learner->evaluate(*small.data->test);
  EXPECT_NEAR(whole.loss, learner->last_evaluation().loss, 1e-4 * whole.loss);
  EXPECT_NEAR(whole.error_percent, learner->last_evaluation().error_percent, 2.51);  // one image of 40
}

TEST(Hebbian, learns_the_synthetic_set) {
  const SmallTrial small("cifar10-2layer", {{"train_images", "400"}, {"epochs", "8"}});
  parallel::Workers workers(2);
  const auto learner = small.learner(workers);
  ASSERT_TRUE(learner->run({}));
  EXPECT_LT(learner->last_evaluation().error_percent, 10.0);  // at most 3 images of 40; guessing gives 90
}

TEST(Hebbian, random_weights_stay_and_so_do_the_statistics_of_batch_norm) {
  const SmallTrial small("cifar10-2layer-random"), seen("cifar10-2layer-random", {{"hebbian.epochs", "1"}});
  parallel::Workers workers(2);
  const auto learner = small.learner(workers), passed = seen.learner(workers);
  ASSERT_TRUE(learner->run({}));
  ASSERT_TRUE(passed->run({}));
  const auto& list = learner->parameters().list();
  const auto mean = std::find_if(list.begin(), list.end(), [](const auto& p) { return p.name == "norm1/running_mean"; });
  EXPECT_EQ(learner->parameters().of(*mean)[0], 0.0f);
  EXPECT_NE(passed->parameters().of(*mean)[0], 0.0f);
  const auto record = record_of(*passed);
  const auto& norms = record.tables.at("kernel_norms").columns.at("conv2");
  EXPECT_EQ(norms.front(), norms.back());
}

TEST(Hebbian, the_perceptron_of_the_presets_runs) {
  const SmallTrial small("mnist-mlp", {{"hebbian.batch", "16"}});
  parallel::Workers workers(2);
  const auto learner = small.learner(workers);
  EXPECT_TRUE(learner->run({}));
}

TEST(Hebbian, refuses_a_checkpoint_of_another_recipe) {
  const SmallTrial small("cifar10-2layer"), longer("cifar10-2layer", {{"hebbian.epochs", "2"}});
  parallel::Workers workers(1);
  const auto other = longer.learner(workers);
  EXPECT_THROW(other->restore(small.learner(workers)->snapshot()), InputError);
}

}  // namespace
}  // namespace reprise::hebbian
