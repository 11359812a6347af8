// What evaluation makes of views and of classes beyond the first, on a net whose logits are written by hand.

#include "suite/training/evaluation.hpp"

#include <gtest/gtest.h>

#include "suite/layers/dense.hpp"
#include "tests/support/small_training.hpp"

namespace reprise::tests {
namespace {

/// One image of two pixels and a net of `classes` logits.
SmallTraining two_pixels(int classes, std::vector<std::uint8_t> pixels, std::vector<std::int32_t> labels) {
  SmallTraining setup;
  setup.train.classes = setup.test.classes = classes;
  setup.train.pixels = setup.test.pixels = std::move(pixels);
  setup.train.labels = setup.test.labels = std::move(labels);
  setup.recipe.batch = 2, setup.recipe.shard = 1;
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = classes}));
  return setup;
}

/// Logits (4, 3, 0) from one side and (-20, 0, 2) from the other: their mean is largest for class 1, that of probabilities (0.72, 0.27,
/// 0.01) and (0, 0.12, 0.88) for class 2.
TEST(Evaluation, averages_logits_or_probabilities_of_the_views) {
  for (const bool probabilities : {false, true}) {
    SmallTraining setup = two_pixels(3, {1, 0}, {2});
    setup.recipe.test_views = 1;
    setup.recipe.view_average = probabilities ? "probabilities" : "logits";
    SmallRun run(setup);
    run.set_weights("logits/weight", {4, -20, 3, 0, 0, 2});
    const training::Evaluation found = run.learner().evaluate(run.test());
    EXPECT_EQ(found.predictions, std::vector<std::int32_t>{probabilities ? 2 : 1});
    EXPECT_EQ(found.error_percent, probabilities ? 0 : 100);
    EXPECT_EQ(found.plain_error_percent, 100);
  }
}

TEST(Evaluation, the_first_five_guesses_count_ties_in_the_order_of_classes) {
  // Logits 6 5 4 3 2 1 1 of the first pixel: class 4 is the fifth guess, 5 the sixth; of the second pixel all are equal.
  SmallTraining setup = two_pixels(7, {1, 0, 1, 0, 0, 1, 0, 1}, {4, 5, 4, 5});
  setup.recipe.top5 = true;
  SmallRun run(setup);
  run.set_weights("logits/weight", {6, 1, 5, 1, 4, 1, 3, 1, 2, 1, 1, 1, 1, 1});
  const training::Evaluation found = run.learner().evaluate(run.test());
  EXPECT_EQ(found.top5_error_percent, 50);
  EXPECT_EQ(found.error_percent, 100);
}

TEST(Evaluation, the_history_has_what_was_asked_for) {
  SmallTraining setup = two_pixels(3, {1, 0, 0, 1}, {1, 2});
  for (const bool asked : {false, true}) {
    setup.recipe.top5 = asked;
    SmallRun run(setup);
    run.run();
    EXPECT_EQ(run.record().metrics.contains("top5_error"), asked);
  }
  // Three classes: the right one is always among five.
  setup.recipe.top5 = true;
  SmallRun run(setup);
  run.run();
  EXPECT_EQ(run.metric("top5_error").back(), 0);
}

/// Evaluations at the end of a run begin again from the checkpoint of its last step.
TEST(Evaluation, a_run_restored_at_its_last_step_has_its_predictions) {
  const SmallTraining setup = two_pixels(3, {1, 0, 0, 1}, {1, 2});
  SmallRun whole(setup), again(setup);
  whole.run();
  again.learner().restore(whole.learner().snapshot());
  EXPECT_TRUE(again.record().test_predictions.empty());
  EXPECT_TRUE(again.run());
  EXPECT_EQ(again.record().test_predictions, whole.record().test_predictions);
  EXPECT_EQ(again.record().test_predictions.size(), 2u);
  EXPECT_EQ(again.record().weight_digests, whole.record().weight_digests);
  EXPECT_EQ(again.learner().last_evaluation().error_percent, whole.learner().last_evaluation().error_percent);
}

}  // namespace
}  // namespace reprise::tests
