#include "suite/training/watched_nodes.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/relu.hpp"
#include "tests/support/small_training.hpp"

namespace reprise::tests {
namespace {

constexpr std::int64_t kSteps = 6;

/// Three epochs of two steps, a row of the history for each.
SmallTraining six_steps() {
  SmallTraining setup;
  setup.graph.add("hidden", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 3}));
  setup.graph.add("relu", std::make_shared<layers::Relu>());
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.train.pixels = {1, 0, 0, 1, 2, 1, 1, 2};
  setup.train.labels = {0, 1, 0, 1};
  setup.test.pixels = {1, 0, 0, 1, 3, 1, 1, 3, 2, 2};
  setup.test.labels = {0, 1, 0, 1, 0};
  setup.recipe.batch = 2, setup.recipe.shard = 1;
  setup.recipe.epochs = 3, setup.recipe.evaluations = 3;
  setup.recipe.optimizer.learning_rate.value = 0.1;
  return setup;
}

/// "hidden" for three of five test images, and what they become.
std::vector<training::Watch> hidden_of_three(const SmallTraining& setup) {
  return {{setup.graph.find("hidden"), 3}};
}

std::vector<float> values_of(SmallRun& run) {
  return run.learner().watched(run.setup().graph.find("hidden")).values;
}

/// The checkpoint of a run that is asked to stop from `step` on: it does so behind the next step, or in front of a row that is due.
records::Checkpoint stopped(SmallRun& run, std::int64_t step) {
  records::Checkpoint kept;
  training::Controls controls;
  controls.should_stop = [&] { return run.learner().step() >= step; };
  controls.save = [&](const records::Checkpoint& checkpoint) { kept = checkpoint; };
  EXPECT_FALSE(run.run(controls));
  return kept;
}

std::vector<float> of_whole_run(int threads = 2) {
  SmallTraining setup = six_steps();
  setup.threads = threads;
  SmallRun run(setup);
  run.learner().watch(hidden_of_three(setup));
  run.run();
  return values_of(run);
}

/// What weights [3, 2] make of the first three test images; biases are `bias`.
std::vector<float> by_hand(const std::vector<float>& w, const std::vector<float>& bias) {
  std::vector<float> values;
  for (const auto& [x, y] : {std::pair{1.0f, 0.0f}, {0.0f, 1.0f}, {3.0f, 1.0f}})
    for (std::size_t k = 0; k < 3; ++k) values.push_back(w[2 * k] * x + w[2 * k + 1] * y + bias[k]);
  return values;
}

TEST(WatchedNodes, have_a_row_before_training_and_one_for_each_of_the_history) {
  const SmallTraining setup = six_steps();
  SmallRun run(setup);
  run.learner().watch(hidden_of_three(setup));
  const std::vector<float> start = by_hand(run.weights("hidden/weight"), run.weights("hidden/bias"));
  run.run();
  const training::WatchedValues& found = run.learner().watched(setup.graph.find("hidden"));
  ASSERT_EQ(found.rows(), 4);
  EXPECT_EQ(found.images, 3);
  EXPECT_EQ(found.size, 3);
  const std::vector<float> end = by_hand(run.weights("hidden/weight"), run.weights("hidden/bias"));
  EXPECT_NE(start, end);
  for (std::int64_t i = 0; i < 3; ++i)
    for (std::int64_t k = 0; k < 3; ++k) {
      const auto at = static_cast<std::size_t>(i * 3 + k);
      EXPECT_NEAR(found.at(0, i)[k], start[at], 1e-5);
      EXPECT_NEAR(found.at(3, i)[k], end[at], 1e-5);
    }
}

TEST(WatchedNodes, change_no_weight_and_are_of_no_more_images_than_there_are) {
  const SmallTraining setup = six_steps();
  SmallRun plain(setup), watched(setup);
  watched.learner().watch({{setup.graph.find("hidden"), 100}, {setup.graph.find("relu"), 1}, {setup.graph.find("hidden"), 1}});
  plain.run(), watched.run();
  EXPECT_EQ(plain.record().weight_digests, watched.record().weight_digests);
  EXPECT_EQ(plain.record().trace.loss_digests, watched.record().trace.loss_digests);
  EXPECT_EQ(watched.learner().watched(setup.graph.find("hidden")).images, 5);
  EXPECT_EQ(watched.learner().watched(setup.graph.find("relu")).images, 1);
}

TEST(WatchedNodes, go_on_after_a_checkpoint_as_if_there_had_been_none) {
  const std::vector<float> whole = of_whole_run();
  EXPECT_EQ(of_whole_run(1), whole);
  const SmallTraining setup = six_steps();
  for (std::int64_t stop = 0; stop < kSteps; ++stop) {
    SmallRun first(setup), second(setup);
    first.learner().watch(hidden_of_three(setup));
    const records::Checkpoint kept = stopped(first, stop);
    second.learner().watch(hidden_of_three(setup));
    second.learner().restore(kept);
    second.run();
    EXPECT_EQ(values_of(second), whole) << stop;
  }
}

TEST(WatchedNodes, that_a_checkpoint_does_not_know_are_refused) {
  const SmallTraining setup = six_steps();
  SmallRun first(setup), second(setup);
  const records::Checkpoint kept = stopped(first, 3);
  second.learner().watch(hidden_of_three(setup));
  try {
    second.learner().restore(kept);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("watched/hidden"), std::string::npos) << error.what();
  }
  EXPECT_THROW(first.learner().watched(setup.graph.find("hidden")), InputError);
}

}  // namespace
}  // namespace reprise::tests
