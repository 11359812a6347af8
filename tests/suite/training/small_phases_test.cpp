// Phases of a supervised run, heads that a phase removes, norms of gradients: followed by hand.

#include <gtest/gtest.h>

#include <cmath>

#include "suite/losses/catalog.hpp"
#include "tests/support/two_pixels.hpp"

namespace reprise::tests {
namespace {

/// Four steps on equal images, two with a second head and two without it, at half the rate.
SmallTraining two_phases() {
  SmallTraining setup = two_pixels(equal_images(4, 1, 0));
  const graph::NodeId main = setup.graph.last();
  const graph::NodeId other = setup.graph.add("other", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}), {0});
  setup.graph.add_head({.node = main, .loss = losses::make_loss("softmax_cross_entropy")});
  setup.graph.add_head({.name = "other", .node = other, .loss = losses::make_loss("squared_hinge")});
  setup.recipe.epochs = 4, setup.recipe.evaluations = 4;
  setup.recipe.optimizer.learning_rate.value = 0.25;
  setup.recipe.optimizer.momentum.value = 0.5;
  setup.recipe.optimizer.rules = {{.match = "other/*", .rate = 0.5}};  // matches nothing in the second phase
  setup.recipe.phases = {{.name = "both", .share = 0.5}, {.name = "alone", .share = 0.5, .heads = "main", .rate = 0.125}};
  setup.recipe.gradient_norms = true;
  return setup;
}

TEST(SmallPhases, a_phase_without_a_head_leaves_its_weights_and_begins_without_momentum) {
  SmallRun whole(two_phases()), half(two_phases());
  EXPECT_TRUE(whole.run());
  training::Controls controls;
  controls.should_stop = [&] { return half.learner().step() == 2; };
  half.run(controls);
  EXPECT_EQ(half.weights("other/weight"), whole.weights("other/weight"));
  EXPECT_NE(half.weights("dense/weight"), whole.weights("dense/weight"));
  // The second phase is a run of its own from these weights.
  SmallTraining alone = two_pixels(equal_images(4, 1, 0));
  alone.recipe.epochs = 2;
  alone.recipe.optimizer.learning_rate.value = 0.125;
  alone.recipe.optimizer.momentum.value = 0.5;
  SmallRun second(alone);
  second.set_weights("dense/weight", half.weights("dense/weight"));
  second.set_weights("dense/bias", half.weights("dense/bias"));
  second.run();
  EXPECT_EQ(second.weights("dense/weight"), whole.weights("dense/weight"));
  EXPECT_EQ(second.weights("dense/bias"), whole.weights("dense/bias"));
}

TEST(SmallPhases, rows_of_a_phase_without_a_head_show_no_loss_of_it) {
  SmallRun run(two_phases());
  run.run();
  const std::vector<double> main = run.metric("train_loss:main"), other = run.metric("train_loss:other");
  ASSERT_EQ(main.size(), 4u);
  ASSERT_EQ(other.size(), 4u);
  for (std::size_t row = 0; row < 4; ++row) {
    EXPECT_TRUE(std::isfinite(main[row])) << row;
    EXPECT_EQ(std::isfinite(other[row]), row < 2) << row;
  }
  EXPECT_EQ(run.metric("train_loss")[3], main[3]);
}

TEST(SmallPhases, phases_resume_between_any_two_steps) {
  SmallRun whole(two_phases());
  whole.run();
  for (const std::int64_t step : {1, 2, 3}) {
    SmallRun stopped(two_phases()), resumed(two_phases());
    records::Checkpoint kept;
    training::Controls controls;
    controls.should_stop = [&] { return stopped.learner().step() == step; };
    controls.save = [&](const records::Checkpoint& checkpoint) { kept = checkpoint; };
    ASSERT_FALSE(stopped.run(controls));
    resumed.learner().restore(kept);
    ASSERT_TRUE(resumed.run());
    EXPECT_EQ(resumed.record().weight_digests, whole.record().weight_digests) << step;
    EXPECT_EQ(resumed.metric("gradient_norm:dense"), whole.metric("gradient_norm:dense")) << step;
  }
}

TEST(SmallPhases, gradient_norms_are_means_over_the_steps_of_a_row) {
  SmallTraining setup = two_pixels(equal_images(4, 1, 0));
  setup.recipe.epochs = 4, setup.recipe.evaluations = 2;
  setup.recipe.optimizer.learning_rate.value = 1;
  setup.recipe.gradient_norms = true;
  SmallRun run(setup);
  run.set_weights("dense/weight", {0, 0, 0, 0});
  run.run();
  // Where the logits are d apart, p = 1 / (1 + e^d) is the other class's probability: the weight's gradient is (-p, 0, p, 0), the bias's
  // (-p, p), and a step moves the logits 4 p further apart.
  std::vector<double> norms;
  for (double d = 0; norms.size() < 4; d += 4 / (1 + std::exp(d))) norms.push_back(std::sqrt(2) / (1 + std::exp(d)));
  const std::vector<double> found = run.metric("gradient_norm:dense");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NEAR(found[0], (norms[0] + norms[1]) / 2, 1e-6);
  EXPECT_NEAR(found[1], (norms[2] + norms[3]) / 2, 1e-6);
}

}  // namespace
}  // namespace reprise::tests
