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

/// Two plastic layers, whose rates fall if so, and a classifier of two classes.
void add_plastic_layers(SmallTraining& setup, const std::vector<bool>& falls) {
  setup.graph = graph::Graph({4, 4, 1});
  for (std::size_t i = 0; i < falls.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    setup.graph.add("norm" + number, std::make_shared<layers::BatchNorm>(layers::BatchNorm::Options{.affine = false}));
    layers::SoftHebbConv2d::Options options;
    options.filters = 4, options.padding = 1, options.radius = 3;
    options.competition.inverse_temperature = 0.5f;
    options.plasticity.rate = 0.1;
    options.plasticity.falls = falls[i];
    setup.graph.add("conv" + number, std::make_shared<layers::SoftHebbConv2d>(options));
  }
  setup.graph.add("features", std::make_shared<layers::Flatten>());
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
}

/// One pass of three steps for each layer, then the classifier.
SmallTraining two_plastic_layers(bool dark = false) {
  SmallTraining setup;
  add_plastic_layers(setup, {false, false});
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

/// Weights of the first layer after two passes, and after one pass that begins with the weights that one pass left.
std::pair<std::vector<float>, std::vector<float>> two_passes_and_twice_one(std::int64_t batch) {
  SmallTraining setup = two_plastic_layers();
  setup.recipe.hebbian.order = "all_at_once";
  setup.recipe.hebbian.batch = batch;
  SmallRun first(setup), again(setup);
  EXPECT_TRUE(first.run());
  for (const char* name : {"conv1/weight", "conv2/weight"}) again.set_weights(name, first.weights(name));
  EXPECT_TRUE(again.run());
  setup.recipe.hebbian.epochs = 2;
  SmallRun whole(setup);
  EXPECT_TRUE(whole.run());
  return {whole.weights("conv1/weight"), again.weights("conv1/weight")};
}

TEST(SmallHebbian, a_second_pass_takes_the_images_in_another_order) {
  const auto [whole, repeated] = two_passes_and_twice_one(2);
  EXPECT_NE(whole, repeated);
  const auto [together, as_one] = two_passes_and_twice_one(6);  // all images at once: their order changes no more than rounding
  for (std::size_t i = 0; i < together.size(); ++i) EXPECT_NEAR(together[i], as_one[i], 1e-4);
}

TEST(SmallHebbian, a_falling_rate_falls_over_the_turn_of_its_layer) {
  const auto weights_after = [](std::int64_t steps, bool falls) {
    SmallTraining setup = two_plastic_layers();
    add_plastic_layers(setup, {false, falls});
    SmallRun run(setup);
    run.stop_after(steps);
    return run.weights("conv2/weight");
  };
  EXPECT_EQ(weights_after(4, true), weights_after(4, false));  // three steps of the first layer; the first of the second is at full rate
  EXPECT_NE(weights_after(5, true), weights_after(5, false));
}

TEST(SmallHebbian, neurons_learn_alike_wherever_they_stand) {
  SmallTraining setup = two_plastic_layers();
  setup.graph = graph::Graph({4, 4, 1});
  layers::SoftHebbConv2d::Options options;
  options.filters = 32, options.padding = 1, options.radius = 3;  // rows are updated in units of 16
  options.plasticity.rate = 0.1;
  setup.graph.add("conv1", std::make_shared<layers::SoftHebbConv2d>(options));
  setup.graph.add("features", std::make_shared<layers::Flatten>());
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.recipe.hebbian.batch = 6;
  const auto halves_exchanged = [](std::vector<float> weights) {
    std::rotate(weights.begin(), weights.begin() + 16 * 9, weights.end());
    return weights;
  };
  SmallRun run(setup), turned(setup);
  const std::vector<float> start = run.weights("conv1/weight");
  turned.set_weights("conv1/weight", halves_exchanged(start));
  ASSERT_TRUE(run.run() && turned.run());
  const std::vector<float> expected = halves_exchanged(run.weights("conv1/weight")), found = turned.weights("conv1/weight");
  EXPECT_NE(run.weights("conv1/weight"), start);
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-4);
}

/// One layer whose filters stay as they are, then the classifier, at rate 0.
SmallTraining fixed_filters() {
  SmallTraining setup = two_plastic_layers();
  setup.graph = graph::Graph({4, 4, 1});
  layers::SoftHebbConv2d::Options options;
  options.filters = 4, options.padding = 1;
  options.plasticity.rate = 0;
  setup.graph.add("conv1", std::make_shared<layers::SoftHebbConv2d>(options));
  setup.graph.add("features", std::make_shared<layers::Flatten>());
  setup.graph.add("logits", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  return setup;
}

/// Four filters of 3x3 with one value each, at their centres.
std::vector<float> centres(const std::vector<float>& values) {
  std::vector<float> filters(36, 0.0f);
  for (std::size_t k = 0; k < 4; ++k) filters[k * 9 + 4] = values[k];
  return filters;
}

TEST(SmallHebbian, filters_within_a_hundredth_of_norm_1_are_at_rest) {
  SmallRun run(fixed_filters());
  run.set_weights("conv1/weight", centres({1, 1.05f, -1.005f, 1.2f}));
  ASSERT_TRUE(run.run());
  EXPECT_EQ(run.record().results.at("share_at_norm_1_conv1").value, 0.5);
  EXPECT_NEAR(run.record().results.at("mean_norm_conv1").value, (1 + 1.05 + 1.005 + 1.2) / 4, 1e-6);
}

TEST(SmallHebbian, features_of_many_images_have_places_of_their_own) {
  SmallTraining setup = fixed_filters();
  setup.test = images_of(501, true, 0);  // features are computed 500 images at a time
  std::fill(setup.test.pixels.end() - 16, setup.test.pixels.end(), std::uint8_t{1});
  setup.test.labels.back() = 1;
  SmallRun run(setup);
  run.set_weights("conv1/weight", centres({1, 0, 0, 0}));
  std::vector<float> weight(2 * 64, 0.0f);
  std::fill(weight.begin() + 64, weight.end(), 1.0f);  // class 1: bright
  run.set_weights("logits/weight", weight);
  run.set_weights("logits/bias", {1, 0});
  ASSERT_TRUE(run.run());
  EXPECT_EQ(run.metric("test_error").back(), 0);
  EXPECT_EQ(run.record().test_predictions, setup.test.labels);
}

TEST(SmallHebbian, the_classifier_goes_on_with_the_orders_behind_those_of_the_passes) {
  SmallTraining setup = fixed_filters();
  setup.recipe.batch = setup.recipe.shard = 1;
  const auto losses_after = [&](double passes) {
    setup.recipe.hebbian.epochs = passes;
    SmallRun run(setup);
    run.set_weights("conv1/weight", centres({1, -1, 1, -1}));
    const std::vector<double> losses = run.step_losses();
    EXPECT_GE(losses.size(), 6u);
    return std::vector<double>(losses.end() - 6, losses.end());  // of six images, whose features do not depend on the passes
  };
  auto one = losses_after(1), two = losses_after(2);
  EXPECT_NE(one, two);
  std::sort(one.begin(), one.end());
  std::sort(two.begin(), two.end());
  EXPECT_EQ(one, two);
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
