// Trainings of a dense net on images of two pixels, followed by hand.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/dropout.hpp"
#include "suite/losses/catalog.hpp"
#include "tests/support/two_pixels.hpp"

namespace reprise::tests {
namespace {

/// Loss of a sample of class 0 whose first logit is larger than the second by so much.
double loss_at(double margin) {
  return std::log(1 + std::exp(-margin));
}

TEST(SmallTraining, each_step_takes_the_rate_of_its_number) {
  SmallTraining setup = two_pixels(equal_images(4, 1, 0));
  setup.recipe.epochs = 2;
  // One step from zero weights: probabilities 1/2, gradient of the logits (-1/2, 1/2), of the weights the same for pixel 0.
  const std::vector<float> weight{0.5, 0, -0.5, 0}, bias{0.5, -0.5};
  const auto train = [&](const schedules::Schedule& rate) {
    setup.recipe.optimizer.learning_rate = rate;
    SmallRun run(setup);
    run.set_weights("dense/weight", {0, 0, 0, 0});
    EXPECT_TRUE(run.run());
    EXPECT_EQ(run.weights("dense/weight"), weight);
    EXPECT_EQ(run.weights("dense/bias"), bias);
    return run.metric("train_loss");
  };
  // Rates 1, 0. A row holds the losses since the row before, each taken before its update; the logits end up 2 apart.
  const auto first_only = train({.kind = "step", .value = 1, .factor = 0, .milestones = {0.5}});
  ASSERT_EQ(first_only.size(), 2u);
  EXPECT_NEAR(first_only[0], std::log(2), 1e-6);
  EXPECT_NEAR(first_only[1], loss_at(2), 1e-6);
  // Rates 0, 1.
  const auto second_only = train({.kind = "linear", .value = 0, .final_value = 2});
  EXPECT_NEAR(second_only[0], std::log(2), 1e-6);
  EXPECT_NEAR(second_only[1], std::log(2), 1e-6);
}

TEST(SmallTraining, the_gradient_is_a_mean_over_the_images_of_a_batch) {
  SmallTraining setup = two_pixels(equal_images(3, 1, 0));
  setup.train.pixels = {1, 0, 0, 1, 0, 0};
  setup.train.labels = {0, 0, 1};
  setup.recipe.optimizer.learning_rate.value = 1;
  SmallRun run(setup);
  run.set_weights("dense/weight", {0, 0, 0, 0});
  run.run();
  // Gradients of the logits: (-1/2, 1/2) twice and (1/2, -1/2) once; a pixel is seen by one image, the bias by three.
  const std::vector<float> weight = run.weights("dense/weight"), bias = run.weights("dense/bias");
  for (const std::size_t i : {0u, 1u}) {
    EXPECT_NEAR(weight[i], 1.0 / 6, 1e-7);
    EXPECT_NEAR(weight[2 + i], -1.0 / 6, 1e-7);
  }
  EXPECT_NEAR(bias[0], 1.0 / 6, 1e-7);
  EXPECT_NEAR(bias[1], -1.0 / 6, 1e-7);
}

TEST(SmallTraining, an_epoch_sees_every_image_once_in_an_order_of_its_own) {
  SmallImages images;
  std::vector<double> once;
  for (int i = 0; i < 6; ++i) {
    images.pixels.insert(images.pixels.end(), {static_cast<std::uint8_t>(i), 0});
    images.labels.push_back(0);
    once.push_back(loss_at(i));
  }
  std::reverse(once.begin(), once.end());  // ascending
  SmallTraining setup = two_pixels(images);
  setup.recipe.batch = setup.recipe.shard = 1;
  setup.recipe.epochs = 2;
  const auto losses_of = [&](std::uint64_t seed) {
    setup.seed = seed;
    SmallRun run(setup);
    run.set_weights("dense/weight", {1, 0, 0, 0});
    return run.step_losses();
  };
  const std::vector<double> losses = losses_of(1);
  ASSERT_EQ(losses.size(), 12u);
  std::vector<double> first(losses.begin(), losses.begin() + 6), second(losses.begin() + 6, losses.end());
  EXPECT_NE(first, second);
  const std::vector<double> other = losses_of(2);
  EXPECT_NE(first, std::vector<double>(other.begin(), other.begin() + 6));
  for (auto* epoch : {&first, &second}) {
    EXPECT_FALSE(std::is_sorted(epoch->rbegin(), epoch->rend()));  // not simply the order of the set
    std::sort(epoch->begin(), epoch->end());
    for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR((*epoch)[i], once[i], 1e-6);
  }
}

/// Losses of four epochs of one step each over 16 equal images at rate 0.
std::vector<double> losses_at_rest(SmallTraining setup, std::uint64_t seed) {
  setup.recipe.epochs = 4;
  setup.seed = seed;
  SmallRun run(setup);
  run.set_weights("dense/weight", {1, 0, 0, 0});
  return run.step_losses();
}

TEST(SmallTraining, augmentation_is_drawn_anew_each_epoch) {
  SmallTraining setup = two_pixels(equal_images(16, 0, 1));
  EXPECT_EQ(losses_at_rest(setup, 1), std::vector<double>(4, losses_at_rest(setup, 1)[0]));
  setup.recipe.augmentation = {"flip"};
  const std::vector<double> losses = losses_at_rest(setup, 1);
  // k of 16 images are mirrored: k loss_at(1) + (16 - k) ln 2.
  for (const double loss : losses) {
    const double k = 16 * (std::log(2) - loss) / (std::log(2) - loss_at(1));
    EXPECT_NEAR(k, std::round(k), 1e-4);
    EXPECT_TRUE(k > 0.5 && k < 15.5) << k;
  }
  EXPECT_NE(losses, std::vector<double>(4, losses[0]));
  EXPECT_NE(losses, losses_at_rest(setup, 2));
}

TEST(SmallTraining, evaluation_does_not_augment) {
  SmallTraining setup = two_pixels(equal_images(16, 0, 1));
  setup.recipe.augmentation = {"flip"};
  setup.recipe.epochs = 4;
  SmallRun run(setup);
  run.set_weights("dense/weight", {1, 0, 0, 0});
  run.run();
  for (const double loss : run.metric("test_loss")) EXPECT_NEAR(loss, std::log(2), 1e-6);
}

TEST(SmallTraining, dropout_is_drawn_anew_each_step_and_scales_in_evaluation) {
  const SmallTraining setup = two_pixels(equal_images(16, 2, 0), 0.5);
  const std::vector<double> losses = losses_at_rest(setup, 1);
  // k of 16 images keep their pixel: k loss_at(2) + (16 - k) ln 2.
  for (const double loss : losses) {
    const double k = 16 * (std::log(2) - loss) / (std::log(2) - loss_at(2));
    EXPECT_NEAR(k, std::round(k), 1e-4);
    EXPECT_TRUE(k > 0.5 && k < 15.5) << k;
  }
  EXPECT_NE(losses, std::vector<double>(4, losses[0]));
  EXPECT_NE(losses, losses_at_rest(setup, 2));
  SmallRun run(setup);
  run.set_weights("dense/weight", {1, 0, 0, 0});
  run.run();
  EXPECT_NEAR(run.metric("test_loss").back(), loss_at(1), 1e-6);  // the pixel times 1/2
}

TEST(SmallTraining, two_dropouts_in_a_row_draw_unlike_masks) {
  SmallTraining setup;
  for (const char* name : {"first", "second"})
    setup.graph.add(name,
                    std::make_shared<layers::Dropout>(layers::Dropout::Options{.keep = 0.5, .form = layers::DropoutForm::non_inverted}));
  setup.graph.add("dense", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.train = equal_images(1024, 2, 0);
  setup.test = equal_images(1, 2, 0);
  setup.recipe.batch = 1024, setup.recipe.shard = 64;
  SmallRun run(setup);
  run.set_weights("dense/weight", {1, 0, 0, 0});
  const double kept = 1024 * (std::log(2) - run.step_losses().at(0)) / (std::log(2) - loss_at(2));
  EXPECT_NEAR(kept, 256, 60);  // a quarter, give or take 14; equal masks would keep a half
}

TEST(SmallTraining, smoothing_is_for_training_alone) {
  SmallTraining setup = two_pixels(equal_images(6, 1, 1));
  setup.recipe.batch = 4;  // and then 2
  setup.recipe.label_smoothing = 0.2;
  SmallRun run(setup);
  run.set_weights("dense/weight", {0, 0, 0, 0});
  run.set_weights("dense/bias", {std::log(3.0f), 0});
  run.run();
  // Probabilities 3/4 and 1/4, targets 0.9 and 0.1: -0.9 ln 3/4 - 0.1 ln 1/4. Test: -ln 3/4.
  EXPECT_NEAR(run.metric("train_loss").back(), std::log(4) - 0.9 * std::log(3), 1e-6);
  EXPECT_NEAR(run.metric("test_loss").back(), std::log(4.0 / 3), 1e-6);
  EXPECT_EQ(run.metric("train_error").back(), 0);
}

TEST(SmallTraining, losses_and_errors_are_means_over_images_not_batches) {
  SmallTraining setup = two_pixels(equal_images(6, 1, 1));
  setup.recipe.batch = 4;
  setup.train.labels = setup.test.labels = {0, 0, 0, 0, 1, 1};
  SmallRun run(setup);
  run.set_weights("dense/weight", {0, 0, 0, 0});
  run.set_weights("dense/bias", {std::log(3.0f), 0});
  run.run();
  // Four times -ln 3/4, twice -ln 1/4.
  for (const char* name : {"train_loss", "test_loss"}) EXPECT_NEAR(run.metric(name).back(), std::log(4) - 4.0 / 6 * std::log(3), 1e-6);
  for (const char* name : {"train_error", "test_error"}) EXPECT_NEAR(run.metric(name).back(), 100.0 / 3, 1e-9);
  const records::RunRecord record = run.record();
  EXPECT_EQ(record.test_predictions, std::vector<std::int32_t>(6, 0));
  EXPECT_EQ(record.test_labels, setup.test.labels);
}

TEST(SmallTraining, rows_stand_at_the_ends_of_epochs_and_at_the_last_step) {
  SmallTraining setup = two_pixels(equal_images(4, 1, 0));
  setup.recipe.batch = 2;
  setup.recipe.steps = 3;
  SmallRun run(setup);
  run.run();
  EXPECT_EQ(run.record().epochs, (std::vector<double>{1, 1.5}));
  setup.recipe.steps = 0, setup.recipe.epochs = 8, setup.recipe.evaluations = 4;
  SmallRun longer(setup);
  longer.run();
  EXPECT_EQ(longer.record().epochs, (std::vector<double>{2, 4, 6, 8}));
  setup.recipe.evaluations = 3;
  SmallRun uneven(setup);
  uneven.run();
  EXPECT_EQ(uneven.record().epochs, (std::vector<double>{2, 5, 8}));
}

TEST(SmallTraining, dropping_the_last_batch_leaves_its_images_out) {
  SmallTraining setup = two_pixels(equal_images(5, 1, 0));
  setup.recipe.batch = 2, setup.recipe.epochs = 3;
  EXPECT_EQ(SmallRun(setup).learner().total_steps(), 9);
  setup.recipe.drop_last = true;
  EXPECT_EQ(SmallRun(setup).learner().total_steps(), 6);
}

TEST(SmallTraining, an_autoencoder_is_compared_with_its_input) {
  SmallTraining setup = two_pixels(equal_images(4, 3, 1));
  setup.recipe.procedure = "autoencoder";
  setup.graph.add_head({.node = setup.graph.last(), .loss = losses::make_loss("squared_error"), .target = losses::Target::input});
  setup.recipe.optimizer.learning_rate.value = 1;
  SmallRun run(setup);
  run.set_weights("dense/weight", {0, 0, 0, 0});
  run.run();
  EXPECT_NEAR(run.metric("train_loss").back(), (9 + 1) / 2.0 / 2, 1e-6);  // half the squares, mean of two pixels
  EXPECT_EQ(run.weights("dense/bias"), (std::vector<float>{1.5, 0.5}));   // half of the difference
  EXPECT_EQ(run.weights("dense/weight"), (std::vector<float>{4.5, 1.5, 1.5, 0.5}));
  EXPECT_FALSE(run.record().metrics.contains("test_error"));
  EXPECT_TRUE(run.record().test_predictions.empty());
}

TEST(SmallTraining, every_head_has_a_loss_of_its_own_beside_the_weighted_sum) {
  SmallTraining setup = two_pixels(equal_images(4, 3, 1));
  const graph::NodeId logits = setup.graph.last();
  setup.graph.add_head({.node = logits, .loss = losses::make_loss("softmax_cross_entropy")});
  setup.graph.add_head({.name = "auxiliary", .node = logits, .loss = losses::make_loss("squared_error"), .weight = {.value = 4}});
  setup.recipe.optimizer.learning_rate.value = 0;
  SmallRun run(setup);
  run.set_weights("dense/weight", {0, 0, 0, 0});
  run.run();
  EXPECT_NEAR(run.metric("train_loss:main").back(), std::log(2), 1e-6);
  EXPECT_NEAR(run.metric("train_loss:auxiliary").back(), 0.25, 1e-6);  // half the square of 1, mean of two classes
  EXPECT_NEAR(run.metric("train_loss").back(), std::log(2) + 4 * 0.25, 1e-6);
  EXPECT_NEAR(run.metric("test_loss").back(), std::log(2), 1e-6);  // the main head alone
}

TEST(SmallTraining, a_procedure_with_labels_refuses_a_net_that_gives_back_its_input) {
  SmallTraining setup = two_pixels(equal_images(4, 3, 1));
  setup.recipe.procedure = "autoencoder";
  EXPECT_THROW(SmallRun run(setup), InputError);
  setup.graph.add_head({.node = setup.graph.last(), .loss = losses::make_loss("squared_error"), .target = losses::Target::input});
  SmallRun as_it_should_be(setup);
  setup.recipe.procedure = "supervised";
  EXPECT_THROW(SmallRun run(setup), InputError);
}

/// Whether the views that `test_views = 2` takes of an image with a dot at its first pixel give `pixel` more weight than `bound`. The
/// image itself, whose logits are told apart by 1, is always seen as class 0 if `pixel` is 0.
struct Views {
  double test_error, plain_error, loss;
};
Views views_of_a_dot(std::size_t pixel, float bound) {
  SmallTraining setup;
  setup.graph = graph::Graph({3, 3, 1});
  setup.graph.add("dense", std::make_shared<layers::Dense>(layers::Dense::Options{.features = 2}));
  setup.train.height = setup.train.width = 3;
  setup.train.pixels = {1, 0, 0, 0, 0, 0, 0, 0, 0};
  setup.train.labels = {0};
  setup.test = setup.train;
  setup.recipe.batch = setup.recipe.shard = 1;
  setup.recipe.test_views = 2;
  SmallRun run(setup);
  std::vector<float> weight(18, 0.0f);
  weight[pixel] = 1;  // of class 0
  run.set_weights("dense/weight", weight);
  run.set_weights("dense/bias", {0, bound});
  run.run();
  return {run.metric("test_error").back(), run.metric("plain_test_error").back(), run.metric("test_loss").back()};
}

TEST(SmallTraining, views_are_weighted_and_the_plain_view_stands_beside_them) {
  // The image and its mirror weigh 1/4 each and show the dot at the corners 0 and 2. Shifted down and right with reflected borders (rows
  // and columns 1, 0, 1) it is in the middle, 4, mirrored too: 1/8 twice. Shifted up and left (1, 2, 1) it is gone.
  for (std::size_t pixel = 0; pixel < 9; ++pixel) {
    const float weight = pixel == 0 || pixel == 2 || pixel == 4 ? 0.25f : 0.0f;
    EXPECT_EQ(views_of_a_dot(pixel, weight - 0.01f).test_error, 0) << pixel;
    EXPECT_EQ(views_of_a_dot(pixel, weight + 0.01f).test_error, 100) << pixel;
  }
  EXPECT_EQ(views_of_a_dot(0, 0.99f).plain_error, 0);
  EXPECT_EQ(views_of_a_dot(0, 1.01f).plain_error, 100);
  EXPECT_NEAR(views_of_a_dot(0, 0.5f).loss, loss_at(0.5), 1e-6);  // of the plain view
}

/// Four steps over images whose gradients differ, two rows.
SmallTraining four_steps() {
  SmallImages images;
  images.pixels = {1, 0, 0, 2, 3, 1, 1, 1};
  images.labels = {0, 1, 1, 0};
  SmallTraining setup = two_pixels(images);
  setup.recipe.batch = 2, setup.recipe.epochs = 2;
  setup.recipe.optimizer.learning_rate.value = 0.25;
  return setup;
}

TEST(SmallTraining, a_stop_during_the_last_evaluation_leaves_no_row) {
  const SmallTraining setup = four_steps();
  SmallRun whole(setup), stopped(setup), resumed(setup);
  whole.run();
  records::Checkpoint kept;
  training::Controls controls;
  controls.should_stop = [&] { return stopped.learner().step() == 4; };
  controls.save = [&](const records::Checkpoint& checkpoint) { kept = checkpoint; };
  ASSERT_FALSE(stopped.run(controls));
  EXPECT_EQ(stopped.record().epochs, (std::vector<double>{1}));
  EXPECT_EQ(stopped.record().weight_digests.size(), 1u);
  resumed.learner().restore(kept);
  ASSERT_TRUE(resumed.run());
  EXPECT_EQ(resumed.record().epochs, (std::vector<double>{1, 2}));
  EXPECT_EQ(resumed.record().weight_digests, whole.record().weight_digests);
  EXPECT_EQ(resumed.metric("train_loss"), whole.metric("train_loss"));
}

TEST(SmallTraining, a_freeze_goes_on_after_a_restart_in_the_middle_of_it) {
  SmallTraining setup = four_steps();
  setup.recipe.evaluations = 1;
  setup.recipe.optimizer.momentum.value = 0.5;
  setup.recipe.optimizer.rules = {{.match = "*/bias", .frozen = {0.25, 0.75}}};
  SmallRun whole(setup);
  whole.run();
  SmallRun stopped(setup), resumed(setup);
  const records::Checkpoint kept = stopped.stop_after(2);
  resumed.learner().restore(kept);
  const std::vector<float> frozen = stopped.weights("dense/bias");
  EXPECT_TRUE(resumed.run());
  EXPECT_EQ(resumed.weights("dense/bias"), whole.weights("dense/bias"));
  EXPECT_EQ(resumed.weights("dense/weight"), whole.weights("dense/weight"));
  EXPECT_NE(frozen, whole.weights("dense/bias"));  // the last step moves it again
  SmallRun first(setup);
  first.stop_after(1);
  EXPECT_EQ(first.weights("dense/bias"), frozen);
}

TEST(SmallTraining, both_moments_of_adam_survive_a_restart) {
  SmallTraining setup = four_steps();
  setup.recipe.optimizer.kind = "adam";
  setup.recipe.evaluations = 1;  // the row at the end covers both parts
  SmallRun whole(setup), stopped(setup), resumed(setup);
  whole.run();
  const records::Checkpoint kept = stopped.stop_after(3);
  const auto& first = kept.tensors.at("optimizer/0/dense/weight").values;
  const auto& second = kept.tensors.at("optimizer/1/dense/weight").values;
  EXPECT_TRUE(std::all_of(second.begin(), second.end(), [](float moment) { return moment > 0; }));
  EXPECT_NE(first, second);
  resumed.learner().restore(kept);
  ASSERT_TRUE(resumed.run());
  EXPECT_EQ(resumed.weights("dense/weight"), whole.weights("dense/weight"));
  EXPECT_EQ(resumed.weights("dense/bias"), whole.weights("dense/bias"));
  EXPECT_EQ(resumed.metric("train_loss"), whole.metric("train_loss"));  // the sum of a row goes on, too
}

}  // namespace
}  // namespace reprise::tests
