// Phases of Hebbian learning on images of 4x4 pixels: what each phase changes, and a classifier followed by hand.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "suite/layers/batch_norm.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/flatten.hpp"
#include "suite/layers/soft_hebb_conv2d.hpp"
#include "suite/random/random.hpp"
#include "tests/support/small_training.hpp"

namespace reprise::tests {
namespace {

SmallImages images_of(std::size_t count, bool dark, std::int32_t label) {
  SmallImages images;
  images.height = images.width = 4;
  random::Generator generator({3, random::Purpose::synthetic, 0, 0, 0});
  for (std::size_t i = 0; i < 16 * count; ++i) images.pixels.push_back(dark ? 0 : static_cast<std::uint8_t>(generator.next_below(4)));
  images.labels.assign(count, label);
  return images;
}

/// Two plastic layers, one pass of three steps for each, then a classifier of two classes.
SmallTraining two_plastic_layers(bool dark = false) {
  SmallTraining setup;
  setup.graph = graph::Graph({4, 4, 1});
  for (const char* number : {"1", "2"}) {
    setup.graph.add(std::string("norm") + number, std::make_shared<layers::BatchNorm>(layers::BatchNorm::Options{.affine = false}));
    layers::SoftHebbConv2d::Options options;
    options.filters = 4, options.padding = 1, options.radius = 3;
    options.competition.inverse_temperature = 0.5f;
    options.plasticity.rate = 0.1;
    setup.graph.add(std::string("conv") + number, std::make_shared<layers::SoftHebbConv2d>(options));
  }
  setup.graph.add("features", std::make_shared<layers::Flatten>());
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.train = images_of(6, dark, 0);
  setup.test = images_of(4, dark, 0);
  setup.recipe.procedure = "hebbian";
  setup.recipe.batch = setup.recipe.shard = 6;
  setup.recipe.hebbian.batch = 2, setup.recipe.hebbian.shard = 1;
  setup.recipe.hebbian.order = "layer_by_layer";
  return setup;
}

TEST(SmallHebbian, each_phase_changes_its_own_layer_alone) {
  const SmallTraining setup = two_plastic_layers();
  const std::vector<std::string> names{"norm1/running_mean", "conv1/weight", "norm2/running_mean", "conv2/weight", "logits/weight"};
  const auto values_after = [&](std::int64_t steps) {
    SmallRun run(setup);
    if (steps == 7)
      EXPECT_TRUE(run.run());
    else if (steps > 0)
      run.stop_after(steps);
    std::vector<std::vector<float>> values;
    for (const std::string& name : names) values.push_back(run.weights(name));
    return values;
  };
  // Three steps of the first layer, three of the second, one of the classifier.
  const auto start = values_after(0), first = values_after(3), second = values_after(6), end = values_after(7);
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(first[i] != start[i], i == 0 || i == 1) << names[i];
    EXPECT_EQ(second[i] != first[i], i == 2 || i == 3) << names[i];
  }
  SmallTraining learning = setup;
  learning.recipe.optimizer.learning_rate.value = 1;
  SmallRun run(learning);
  ASSERT_TRUE(run.run());
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(run.weights(names[i]) != second[i], i == 4) << names[i];
  EXPECT_EQ(end, second);  // at rate 0
}

TEST(SmallHebbian, all_layers_learn_at_once_if_the_order_says_so) {
  SmallTraining setup = two_plastic_layers();
  setup.recipe.hebbian.order = "all_at_once";
  SmallRun start(setup), run(setup);
  run.stop_after(1);
  for (const char* name : {"conv1/weight", "conv2/weight"}) EXPECT_NE(run.weights(name), start.weights(name)) << name;
  EXPECT_EQ(run.learner().total_steps(), 3 + 1);
}

TEST(SmallHebbian, passes_take_the_images_in_orders_of_their_own) {
  SmallTraining setup = two_plastic_layers();
  setup.recipe.hebbian.order = "all_at_once";
  setup.recipe.hebbian.batch = 6;  // all images: their order changes no more than rounding
  setup.recipe.hebbian.epochs = 2;
  SmallRun whole(setup);
  ASSERT_TRUE(whole.run());
  setup.recipe.hebbian.batch = 2;
  const auto weights_of = [&](std::uint64_t seed) {
    setup.seed = seed;
    SmallRun run(setup);
    run.set_weights("conv1/weight", whole.weights("conv1/weight"));
    run.set_weights("conv2/weight", whole.weights("conv2/weight"));
    EXPECT_TRUE(run.run());
    return run.weights("conv1/weight");
  };
  EXPECT_NE(weights_of(1), weights_of(2));
}

/// Black images: features are 0, only the classifier's bias learns.
SmallTraining black_images() {
  SmallTraining setup = two_plastic_layers(true);
  setup.recipe.epochs = 2;
  return setup;
}

void start_from_zero(SmallRun& run) {
  run.set_weights("logits/weight", std::vector<float>(2 * 64, 0.0f));
  run.set_weights("logits/bias", {0, 0});
}

TEST(SmallHebbian, the_classifier_has_a_schedule_of_its_own) {
  SmallTraining setup = black_images();
  const auto train = [&](const schedules::Schedule& rate) {
    setup.recipe.optimizer.learning_rate = rate;
    SmallRun run(setup);
    start_from_zero(run);
    EXPECT_TRUE(run.run());
    EXPECT_EQ(run.learner().total_steps(), 3 + 3 + 2);
    // One step from probabilities 1/2: gradient (-1/2, 1/2).
    EXPECT_EQ(run.weights("logits/bias"), (std::vector<float>{0.5, -0.5}));
    EXPECT_EQ(run.record().epochs, (std::vector<double>{1, 2}));
    return run.metric("train_loss");
  };
  // Rates 1, 0 in its two steps, then 0, 1. A loss is taken before the update.
  const double half = std::log(2), after = std::log(1 + std::exp(-1));
  const auto first_only = train({.kind = "step", .value = 1, .factor = 0, .milestones = {0.5}});
  EXPECT_NEAR(first_only.at(0), half, 1e-6);
  EXPECT_NEAR(first_only.at(1), after, 1e-6);
  const auto second_only = train({.kind = "linear", .value = 0, .final_value = 2});
  EXPECT_NEAR(second_only.at(1), half, 1e-6);
}

TEST(SmallHebbian, the_classifier_sees_labelled_images_alone_and_is_tested_on_test_images) {
  SmallTraining setup = black_images();
  setup.labelled = images_of(3, true, 1);
  setup.recipe.batch = setup.recipe.shard = 2;  // two steps an epoch, of two images and of one
  setup.recipe.epochs = 1;
  setup.test.labels = {0, 1, 1, 0};
  setup.recipe.optimizer.learning_rate = {.kind = "step", .value = 1, .factor = 0, .milestones = {0.5}};
  SmallRun run(setup);
  start_from_zero(run);
  ASSERT_TRUE(run.run());
  EXPECT_EQ(run.learner().total_steps(), 3 + 3 + 2);
  EXPECT_EQ(run.weights("logits/bias"), (std::vector<float>{-0.5, 0.5}));  // towards label 1, which no training image has
  EXPECT_NEAR(run.metric("train_loss").back(), (2 * std::log(2) + std::log(1 + std::exp(-1))) / 3, 1e-6);
  EXPECT_EQ(run.metric("train_error").back(), 100.0 * 2 / 3);  // the first maximum of equal logits is class 0
  // Logits 1 apart: two images wrong, two right.
  EXPECT_NEAR(run.metric("test_loss").back(), (std::log(1 + std::exp(1)) + std::log(1 + std::exp(-1))) / 2, 1e-6);
  EXPECT_EQ(run.metric("test_error").back(), 50);
  EXPECT_EQ(run.record().test_predictions, std::vector<std::int32_t>(4, 1));
  EXPECT_EQ(run.record().test_labels, setup.test.labels);
}

TEST(SmallHebbian, plastic_layers_hear_images_that_are_not_augmented) {
  SmallTraining setup = two_plastic_layers();
  SmallRun plain(setup);
  ASSERT_TRUE(plain.run());
  setup.recipe.augmentation = {"flip"};
  SmallRun run(setup);
  ASSERT_TRUE(run.run());
  EXPECT_EQ(run.weights("conv1/weight"), plain.weights("conv1/weight"));
  EXPECT_EQ(run.metric("train_loss"), plain.metric("train_loss"));
}

TEST(SmallHebbian, moments_of_the_classifier_survive_a_restart) {
  SmallTraining setup = two_plastic_layers();
  setup.recipe.epochs = 3, setup.recipe.evaluations = 1;
  setup.recipe.optimizer.kind = "adam";
  setup.recipe.optimizer.learning_rate.value = 0.25;
  SmallRun whole(setup), stopped(setup), resumed(setup);
  whole.run();
  const records::Checkpoint kept = stopped.stop_after(8);
  resumed.learner().restore(kept);
  ASSERT_TRUE(resumed.run());
  EXPECT_EQ(resumed.weights("logits/weight"), whole.weights("logits/weight"));
  EXPECT_EQ(resumed.metric("train_loss"), whole.metric("train_loss"));
  EXPECT_EQ(resumed.record().tables.at("kernel_norms").columns, whole.record().tables.at("kernel_norms").columns);
}

}  // namespace
}  // namespace reprise::tests
