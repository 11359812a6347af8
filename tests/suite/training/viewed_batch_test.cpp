// Training on several views of a sample.

#include "suite/training/viewed_batch.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/losses/catalog.hpp"
#include "suite/random/random.hpp"
#include "tests/support/two_pixels.hpp"

namespace reprise::tests {
namespace {

SmallTraining consistent() {
  SmallTraining setup = two_pixels(equal_images(4, 0, 0));
  setup.train.pixels = {200, 10, 20, 180, 90, 250, 60, 30};
  setup.train.labels = {0, 1, 0, 1};
  setup.recipe.preprocessing = {"scale"};
  setup.recipe.augmentation = {"flip", "augmix(severity=8)"};
  setup.recipe.batch = 4, setup.recipe.shard = 3;
  setup.graph.add_head({.node = setup.graph.last(), .loss = losses::make_loss("jensen_shannon")});
  return setup;
}

TEST(ViewedBatch, shows_each_sample_as_it_is_and_twice_changed) {
  const SmallTraining setup = consistent();
  SmallRun run(setup);
  const training::ImageBatches images(run.train());
  const datasets::FetchKey key{1, 3};
  const training::ViewedBatch batch(images, {.key = &key}, 3);
  EXPECT_EQ(batch.views(), 3);
  int differ = 0;
  for (std::int64_t i = 0; i < 4; ++i) {
    std::vector<std::vector<float>> views(3, std::vector<float>(2));
    for (std::int64_t view = 0; view < 3; ++view) {
      batch.fetch(3 * i + view, views[static_cast<std::size_t>(view)].data());
      EXPECT_EQ(batch.label(3 * i + view), setup.train.labels[static_cast<std::size_t>(i)]);
      datasets::FetchKey own = key;
      own.view = static_cast<std::uint32_t>(view);
      std::vector<float> expected(2);
      run.train().fetch(i, &own, expected.data());
      EXPECT_EQ(views[static_cast<std::size_t>(view)], expected);
    }
    // The first is the image, flipped perhaps.
    const float left = static_cast<float>(setup.train.pixels[static_cast<std::size_t>(2 * i)]) / 255;
    EXPECT_TRUE(std::abs(views[0][0] - left) < 1e-6f || std::abs(views[0][1] - left) < 1e-6f);
    differ += views[1] != views[2];
  }
  EXPECT_GT(differ, 2);
}

double loss_of(const std::vector<std::vector<double>>& logits, std::size_t label) {
  std::vector<std::vector<double>> p;
  for (const auto& z : logits) p.push_back({1 / (1 + std::exp(z[1] - z[0])), 1 / (1 + std::exp(z[0] - z[1]))});
  double loss = -std::log(p[0][label]);
  for (const auto& row : p)
    for (std::size_t k = 0; k < 2; ++k) loss += 4 * row[k] * std::log(row[k] / ((p[0][k] + p[1][k] + p[2][k]) / 3));
  return loss;
}

TEST(ViewedTraining, a_step_has_the_mean_loss_of_its_images) {
  const SmallTraining setup = consistent();
  SmallRun run(setup);
  run.set_weights("dense/weight", {3, -1, -2, 1});
  const training::ImageBatches images(run.train());
  const datasets::FetchKey key{1, 0};
  const training::ViewedBatch batch(images, {.key = &key}, 3);
  double loss = 0;
  for (std::int64_t i = 0; i < 4; ++i) {
    std::vector<std::vector<double>> logits;
    for (std::int64_t view = 0; view < 3; ++view) {
      float x[2];
      batch.fetch(3 * i + view, x);
      logits.push_back(
          {3.0 * static_cast<double>(x[0]) - static_cast<double>(x[1]), -2.0 * static_cast<double>(x[0]) + static_cast<double>(x[1])});
    }
    loss += loss_of(logits, static_cast<std::size_t>(setup.train.labels[static_cast<std::size_t>(i)])) / 4;
  }
  EXPECT_NEAR(run.step_losses().at(0), loss, 1e-5);
}

TEST(ViewedTraining, an_evaluation_sees_an_image_once) {
  SmallTraining setup = consistent();
  setup.test.pixels = {255, 0}, setup.test.labels = {0};
  SmallRun run(setup);
  run.set_weights("dense/weight", {1, 0, 0, 0});
  run.run();
  EXPECT_NEAR(run.metric("test_loss").back(), std::log(1 + std::exp(-1.0)), 1e-6);
}

TEST(ViewedTraining, needs_operations_whole_samples_and_no_mixing) {
  const auto refused = [](const auto& change) {
    SmallTraining setup = consistent();
    change(setup.recipe);
    EXPECT_THROW(SmallRun{setup}, InputError);
  };
  refused([](recipes::Recipe& r) { r.augmentation = {"flip"}; });
  refused([](recipes::Recipe& r) { r.shard = 2; });
  refused([](recipes::Recipe& r) { r.mixing = {"mixup"}; });
}

}  // namespace
}  // namespace reprise::tests
