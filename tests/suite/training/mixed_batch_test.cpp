// Training on mixed samples: what a reader gives, and steps followed by hand.

#include "suite/training/mixed_batch.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/layers/dense.hpp"
#include "suite/layers/feature_mix.hpp"
#include "suite/losses/catalog.hpp"
#include "suite/random/random.hpp"
#include "tests/support/two_pixels.hpp"

namespace reprise::tests {
namespace {

using datasets::Mix;
using training::MixedBatch;

const SampleShape kShape{4, 6, 2};
constexpr std::int64_t kCount = 22;

/// Slot s: pixels s + 1, s + 2, ...; class s.
class Numbered : public execution::BatchReader {
 public:
  void fetch(std::int64_t slot, float* output) const override {
    for (std::int64_t i = 0; i < kShape.size(); ++i) output[i] = static_cast<float>(slot + 1 + i);
  }
  std::int32_t label(std::int64_t slot) const override { return static_cast<std::int32_t>(slot); }
};

struct Seen {
  std::vector<float> pixels;
  std::vector<std::int32_t> classes;
  std::vector<float> shares;
  bool operator==(const Seen&) const = default;
};

Seen all_of(const std::string& rule, std::int64_t shard) {
  const Numbered numbered;
  const datasets::Mixing mixing({rule}, 4, 6, 0);
  Seen seen;
  for (std::uint64_t step = 0; step < 5; ++step) {
    const MixedBatch batch(numbered, mixing.draw(1, step), kShape, 1, step, kCount, shard);
    for (std::int64_t slot = 0; slot < kCount; ++slot) {
      std::vector<float> pixels(static_cast<std::size_t>(kShape.size()));
      batch.fetch(slot, pixels.data());
      seen.pixels.insert(seen.pixels.end(), pixels.begin(), pixels.end());
      const losses::MixedLabel label = batch.mixed_label(slot);
      float sum = 0;
      for (int i = 0; i < label.count; ++i) {
        seen.classes.push_back(label.classes[static_cast<std::size_t>(i)]);
        seen.shares.push_back(label.shares[static_cast<std::size_t>(i)]);
        sum += seen.shares.back();
      }
      EXPECT_NEAR(sum, 1, 4 * 0x1p-24);
      EXPECT_EQ(label.classes[0], slot);  // the sample itself comes first
    }
  }
  return seen;
}

TEST(MixedBatch, samples_and_targets_do_not_depend_on_the_cut_into_shards) {
  for (const char* rule : {"mixup", "cutmix", "ricap", "cutmix(probability=0.5)"}) {
    const Seen eight = all_of(rule, 8);
    for (const std::int64_t shard : {1, 3, 22}) EXPECT_EQ(all_of(rule, shard), eight) << rule;
  }
}

TEST(MixedBatch, a_blend_of_numbered_samples_is_that_of_their_numbers) {
  const Numbered numbered;
  const Mix mix{.kind = Mix::Kind::blend, .parts = {{.share = 0.25}, {.share = 0.75}}};
  const MixedBatch batch(numbered, mix, kShape, 1, 3, kCount, 8);
  const auto partners = datasets::partners(1, 3, 1, kCount, kCount);
  std::vector<float> pixels(static_cast<std::size_t>(kShape.size()));
  for (std::int64_t slot = 0; slot < kCount; ++slot) {
    const std::int64_t partner = partners[static_cast<std::size_t>(slot)];
    batch.fetch(slot, pixels.data());
    EXPECT_NEAR(pixels[0], 0.25 * static_cast<double>(slot + 1) + 0.75 * static_cast<double>(partner + 1), 1e-5);
    EXPECT_EQ(batch.mixed_label(slot).classes[1], partner);
    EXPECT_EQ(batch.label(slot), partner);  // the larger share
  }
  EXPECT_EQ(batch.row_mixing(), nullptr);
}

TEST(MixedBatch, features_are_mixed_in_the_net_with_partners_of_the_shard) {
  const Numbered numbered;
  const Mix mix{.kind = Mix::Kind::features, .parts = {{.share = 0.75}, {.share = 0.25}}, .place = 2};
  const MixedBatch batch(numbered, mix, kShape, 1, 3, kCount, 8);
  ASSERT_NE(batch.row_mixing(), nullptr);
  EXPECT_EQ(batch.row_mixing()->place, 2);
  EXPECT_EQ(batch.row_mixing()->share, 0.75f);
  std::vector<float> pixels(static_cast<std::size_t>(kShape.size()));
  for (std::int64_t slot = 0; slot < kCount; ++slot) {
    const std::int64_t partner = batch.row_mixing()->partners[static_cast<std::size_t>(slot)];
    EXPECT_EQ(partner / 8, slot / 8);
    EXPECT_EQ(batch.mixed_label(slot).classes[1], partner);
    batch.fetch(slot, pixels.data());
    EXPECT_EQ(pixels[0], static_cast<float>(slot + 1));  // the input is not
  }
}

/// Two images of two pixels: (2, 0) of class 0 and (0, 2) of class 1.
SmallTraining two_images(const std::string& rule) {
  SmallTraining setup = two_pixels(equal_images(2, 2, 0));
  setup.train.pixels = {2, 0, 0, 2};
  setup.train.labels = {0, 1};
  setup.recipe.mixing = {rule};
  return setup;
}

double log_sum(double a, double b) {
  return std::log(std::exp(a) + std::exp(b));
}

TEST(MixedTraining, the_loss_of_a_step_is_that_of_both_labels) {
  // Logits of pixels (x, y): (x, 0).
  const auto partners = datasets::partners(1, 0, 1, 2, 2);
  const double share = datasets::Mixing({"mixup"}, 1, 2, 0).draw(1, 0).parts[0].share;
  SmallRun run(two_images("mixup"));
  run.set_weights("dense/weight", {1, 0, 0, 0});
  const auto order = random::permutation(1, random::Purpose::shuffle, 0, 2);
  double loss = 0;
  for (std::size_t slot = 0; slot < 2; ++slot) {
    const auto own = order[slot], partner = order[static_cast<std::size_t>(partners[slot])];
    const double x = share * (own == 0 ? 2 : 0) + (1 - share) * (partner == 0 ? 2 : 0);
    const double first = share * (own == 0 ? 1 : 0) + (1 - share) * (partner == 0 ? 1 : 0);  // share of class 0
    loss += log_sum(x, 0) - first * x;
  }
  EXPECT_NEAR(run.step_losses().at(0), loss / 2, 1e-6);
}

TEST(MixedTraining, an_evaluation_mixes_nothing) {
  SmallRun run(two_images("mixup"));
  run.set_weights("dense/weight", {3, 0, 0, 3});
  run.run();
  EXPECT_NEAR(run.metric("test_loss").back(), log_sum(6, 0) - 6, 1e-6);
}

/// Digest of the weights after three steps.
std::vector<float> trained(SmallTraining setup, const std::string& rule, std::int64_t shard, int threads) {
  setup.recipe.mixing = {rule};
  setup.recipe.shard = shard, setup.threads = threads;
  setup.recipe.optimizer.learning_rate.value = 0.5;
  setup.recipe.epochs = 3;
  SmallRun run(setup);
  run.set_weights("dense/weight", {1, 0, 0, 0});
  run.run();
  return run.weights("dense/weight");
}

TEST(MixedTraining, weights_are_the_same_on_any_number_of_threads_and_nearly_so_for_any_shard) {
  SmallTraining setup = two_pixels(equal_images(10, 2, 1));
  for (std::size_t i = 0; i < 10; ++i) {
    setup.train.pixels[2 * i] = static_cast<std::uint8_t>(i);
    setup.train.labels[i] = static_cast<std::int32_t>(i % 2);
  }
  setup.recipe.batch = 7;
  for (const char* rule : {"mixup", "cutmix", "ricap"}) {
    const auto expected = trained(setup, rule, 2, 1);
    EXPECT_EQ(trained(setup, rule, 2, 3), expected) << rule;
    const auto other = trained(setup, rule, 3, 2);  // another tree of sums, the same samples
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(other[i], expected[i], 1e-5 * (1 + std::abs(expected[i]))) << rule;
  }
}

TEST(MixedTraining, a_net_and_a_loss_must_fit_the_rule) {
  SmallTraining places = two_images("mixup");
  places.graph.add("mix", std::make_shared<layers::FeatureMix>(layers::FeatureMix::Options{.place = 0}));
  EXPECT_THROW(SmallRun{places}, InputError);
  places.recipe.mixing = {"manifold"};
  SmallRun fits{places};
  SmallTraining hinge = two_images("mixup");
  hinge.graph.add_head({.node = hinge.graph.last(), .loss = losses::make_loss("squared_hinge")});
  EXPECT_THROW(SmallRun{hinge}, InputError);
}

TEST(MixedTraining, smoothing_ends_at_its_share_of_the_run) {
  SmallTraining setup = two_pixels(equal_images(2, 1, 1));
  setup.recipe.batch = setup.recipe.shard = 1;
  setup.recipe.epochs = 2;  // four steps
  setup.recipe.label_smoothing = 0.2, setup.recipe.label_smoothing_until = 0.5;
  SmallRun run(setup);
  run.set_weights("dense/weight", {0, 0, 0, 0});
  run.set_weights("dense/bias", {std::log(3.0f), 0});
  const std::vector<double> losses = run.step_losses();
  const double smooth = std::log(4) - 0.9 * std::log(3), hard = std::log(4.0 / 3);
  ASSERT_EQ(losses.size(), 4u);
  for (const std::size_t step : {0u, 1u}) EXPECT_NEAR(losses[step], smooth, 1e-6);
  for (const std::size_t step : {2u, 3u}) EXPECT_NEAR(losses[step], hard, 1e-6);
}

}  // namespace
}  // namespace reprise::tests
