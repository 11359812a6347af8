// What a small training leaves in its record.

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "suite/layers/dense.hpp"
#include "suite/layers/log_avg_exp_pool.hpp"
#include "tests/support/small_training.hpp"

namespace reprise::tests {
namespace {

TEST(SmallRecord, averaged_predictions_are_compared_with_their_own_labels) {
  SmallTraining setup;
  setup.train.pixels = {4, 4, 0, 0};
  setup.train.labels = {0, 1};
  setup.graph.add("dense", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.test = setup.train;
  setup.recipe.batch = setup.recipe.shard = 1;  // two batches
  setup.recipe.test_views = 1;
  SmallRun run(setup);
  run.set_weights("dense/weight", {1, 1, 0, 0});
  run.set_weights("dense/bias", {0, 1});
  run.run();
  EXPECT_EQ(run.metric("test_error").back(), 0);
  EXPECT_EQ(run.record().test_predictions, (std::vector<std::int32_t>{0, 1}));
}

TEST(SmallRecord, a_digest_of_losses_holds_all_steps_before_it) {
  SmallTraining setup;
  setup.graph.add("dense", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.train.pixels = {1, 0, 1, 0};
  setup.train.labels = {0, 0};
  setup.test = setup.train;
  setup.recipe.batch = setup.recipe.shard = 2;
  setup.recipe.epochs = 3;  // at rate 0 each step has the same loss
  SmallRun run(setup);
  run.run();
  const std::vector<std::string> digests = run.record().trace.loss_digests;
  EXPECT_EQ(digests.size(), 3u);
  EXPECT_EQ(std::set<std::string>(digests.begin(), digests.end()).size(), 3u);
}

TEST(SmallRecord, a_learned_temperature_is_the_mean_over_channels) {
  SmallTraining setup;
  setup.graph = graph::Graph({2, 2, 2});
  setup.graph.add("pool", std::make_shared<layers::LogAvgExpPool>(layers::LogAvgExpPool::Options{.learned = true, .per_channel = true}));
  setup.train.height = setup.train.width = setup.train.channels = 2;
  setup.train.pixels.assign(8, 1);
  setup.train.labels = {0};
  setup.test = setup.train;
  setup.recipe.batch = setup.recipe.shard = 1;
  SmallRun run(setup);
  run.set_weights("pool/tau", {std::log(2.0f), std::log(8.0f)});
  run.run();
  EXPECT_NEAR(run.metric("temperature:pool").back(), 5, 1e-5);
}

}  // namespace
}  // namespace reprise::tests
