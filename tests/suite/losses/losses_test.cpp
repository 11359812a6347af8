// Loss, gradient and prediction of a shard: every loss of the catalog.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "suite/errors.hpp"
#include "suite/losses/catalog.hpp"
#include "suite/losses/frame_cross_entropy.hpp"
#include "tests/suite/losses/loss_shard.hpp"
#include "tests/support/tolerances.hpp"

namespace reprise::tests {
namespace {

using losses::ShardSums;

Doubles one_hot(std::int32_t label) {
  Doubles target(kClasses, 0.0);
  target[static_cast<std::size_t>(label)] = 1;
  return target;
}

TEST(Losses, sums_and_gradients_of_valid_samples_equal_the_reference) {
  for (const losses::CatalogEntry& row : losses::catalog())
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      SCOPED_TRACE(row.name);
      Shard shard(precision);
      const double smoothing = row.name == "softmax_cross_entropy" ? 0.125 : 0;
      shard.call.label_smoothing = static_cast<float>(smoothing);
      const ShardSums sums = row.make()->shard(shard.call);
      double loss = 0, errors = 0;
      Doubles gradient(kSamples * kClasses);  // padding: zero
      for (int n = 0; n < kValid; ++n) {
        const Doubles value = shard.sample(n);
        const std::int32_t label = kLabels[static_cast<std::size_t>(n)];
        const auto expected = row.reference(value, one_hot(label), static_cast<std::size_t>(label), smoothing);
        loss += expected.loss;
        const auto prediction = static_cast<std::int32_t>(std::max_element(value.begin(), value.end()) - value.begin());
        errors += prediction == label ? 0 : 1;
        EXPECT_EQ(shard.predictions[static_cast<std::size_t>(n)], prediction);
        for (std::size_t k = 0; k < kClasses; ++k) gradient[static_cast<std::size_t>(n) * kClasses + k] = expected.gradient[k] / 4;
      }
      EXPECT_GT(loss, 0);
      EXPECT_NEAR(sums.loss, loss, kTranscendental * kRoundoffF32 * loss);
      EXPECT_EQ(sums.errors, errors);
      EXPECT_NEAR_ARRAY(shard.gradient(), gradient, 1, tolerance(kTranscendental, precision));
    }
}

/// Cross-entropy of the first view and the divergence of all, by the definitions, in double.
double consistency_loss(const Doubles& values, std::size_t label, double weight) {
  std::vector<Doubles> p;
  Doubles mean(kClasses);
  for (std::size_t view = 0; view < 3; ++view) {
    const Doubles row(values.begin() + static_cast<std::ptrdiff_t>(view) * kClasses,
                      values.begin() + static_cast<std::ptrdiff_t>(view + 1) * kClasses);
    double sum = 0;
    for (const double z : row) sum += std::exp(z);
    p.emplace_back();
    for (std::size_t k = 0; k < kClasses; ++k) p.back().push_back(std::exp(row[k]) / sum), mean[k] += p.back()[k] / 3;
  }
  double loss = -std::log(p[0][label]);
  for (const Doubles& row : p)
    for (std::size_t k = 0; k < kClasses; ++k) loss += weight / 3 * row[k] * std::log(row[k] / mean[k]);
  return loss;
}

TEST(Losses, consistency_is_the_divergence_of_three_views_and_its_gradient_a_difference_quotient) {
  constexpr double kStep = 1e-5, kWeight = 12;
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    Shard shard(precision);  // three rows of one sample, and padding
    shard.call.views = 3;
    const ShardSums sums = losses::make_loss("jensen_shannon")->shard(shard.call);
    const Doubles values(shard.numbers.begin(), shard.numbers.begin() + 3 * kClasses);
    const double loss = consistency_loss(values, static_cast<std::size_t>(kLabels[0]), kWeight);
    EXPECT_GT(loss, 1);
    EXPECT_NEAR(sums.loss, loss, sum_of(3 * kClasses) * kTranscendental * kRoundoffF32 * loss);
    EXPECT_LE(sums.errors, 1);
    Doubles gradient(kSamples * kClasses);
    for (std::size_t i = 0; i < values.size(); ++i) {
      Doubles more = values, less = values;
      more[i] += kStep, less[i] -= kStep;
      const double quotient = (consistency_loss(more, 3, kWeight) - consistency_loss(less, 3, kWeight)) / (2 * kStep);
      gradient[i] = 0.25 * 3 * quotient;  // a mean over samples, of which there are a third as many as rows
    }
    EXPECT_NEAR_ARRAY(shard.gradient(), gradient, 1, tolerance(kWeight * kTranscendental, precision, 2) + 1e-8);
  }
}

TEST(Losses, equal_views_do_not_diverge) {
  Shard shard(Precision::f32);
  std::vector<float> rows;
  for (int view = 0; view < 4; ++view)
    for (int k = 0; k < kClasses; ++k) rows.push_back(static_cast<float>(shard.numbers[static_cast<std::size_t>(k)]));
  shard.call.value = rows.data();
  const double plain = losses::make_loss("softmax_cross_entropy")
                           ->shard({.samples = 1, .valid = 1, .features = kClasses, .value = rows.data(), .labels = kLabels})
                           .loss;
  shard.call.views = 3;
  EXPECT_NEAR(losses::make_loss("jensen_shannon")->shard(shard.call).loss, plain, 1e-5);
  for (int k = 0; k < kClasses; ++k) EXPECT_NEAR(shard.gradient()[static_cast<std::size_t>(kClasses + k)], 0, 1e-6);
}

/// Three frames weigh 0, 1/3 and 2/3; the last one predicts.
TEST(Losses, later_frames_count_more) {
  constexpr int kFrames = 3, kClips = 3;
  const losses::FrameCrossEntropy loss(kFrames);
  const std::vector<std::int32_t> labels{3, 0};  // and one clip of padding
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    const Doubles numbers = random_numbers(5, kClips * kFrames * kClasses);
    const auto bytes = stored_bytes(numbers, precision);
    std::vector<std::byte> grad(bytes.size(), std::byte{0x7F});
    std::vector<std::int32_t> predictions(2, -1);
    const ShardSums sums = loss.shard({.precision = precision,
                                       .samples = kClips,
                                       .valid = 2,
                                       .features = kFrames * kClasses,
                                       .value = bytes.data(),
                                       .labels = labels,
                                       .grad_scale = 0.5f,
                                       .grad = grad.data(),
                                       .predictions = predictions.data()});
    double expected = 0, errors = 0;
    Doubles gradient(numbers.size());
    for (std::size_t n = 0; n < 2; ++n)
      for (std::size_t t = 0; t < kFrames; ++t) {
        const std::size_t at = (n * kFrames + t) * kClasses;
        const Doubles row(numbers.begin() + static_cast<std::ptrdiff_t>(at), numbers.begin() + static_cast<std::ptrdiff_t>(at + kClasses));
        const auto frame = kernels::reference::softmax_cross_entropy(row, static_cast<std::size_t>(labels[n]), 0);
        expected += static_cast<double>(t) / 3 * frame.loss;
        for (std::size_t k = 0; k < kClasses; ++k) gradient[at + k] = 0.5 * static_cast<double>(t) / 3 * frame.gradient[k];
        const auto prediction = static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin());
        if (t + 1 < kFrames) continue;
        EXPECT_EQ(predictions[n], prediction);
        errors += prediction == labels[n] ? 0 : 1;
      }
    EXPECT_NEAR(sums.loss, expected, kTranscendental * kRoundoffF32 * expected);
    EXPECT_EQ(sums.errors, errors);
    EXPECT_NEAR_ARRAY(read_bytes(grad.data(), kClips * kFrames * kClasses, precision), gradient, 1,
                      tolerance(2 * kTranscendental, precision));
  }
  EXPECT_THROW(losses::FrameCrossEntropy(0), InputError);
}

/// The loss of a mixed sample, and its gradient, are those of its classes, weighted with their shares.
TEST(Losses, a_mixed_label_weighs_the_losses_of_its_classes) {
  losses::MixedLabel mixed[kValid];
  for (const auto& [label, share] : {std::pair{3, 0.5f}, {0, 0.25f}, {7, 0.125f}, {3, 0.125f}}) mixed[0].add(label, share);
  mixed[1].add(0, 0.75f), mixed[1].add(5, 0.25f);
  mixed[2].add(10, 1.0f);
  EXPECT_EQ(mixed[0].main_class(), 3);
  int weighed = 0;
  for (const losses::CatalogEntry& row : losses::catalog()) {
    const losses::LossPointer made = row.make();
    if (!made->takes_mixed_labels()) continue;
    ++weighed;
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      SCOPED_TRACE(row.name);
      Shard shard(precision);
      const double smoothing = row.name == "softmax_cross_entropy" ? 0.125 : 0;
      shard.call.label_smoothing = static_cast<float>(smoothing);
      shard.call.mixed = mixed;
      const ShardSums sums = made->shard(shard.call);
      double loss = 0;
      Doubles gradient(kSamples * kClasses);
      for (int n = 0; n < kValid; ++n) {
        const losses::MixedLabel& label = mixed[n];
        Doubles target(kClasses);
        for (std::size_t i = 0; i < static_cast<std::size_t>(label.count); ++i)
          target[static_cast<std::size_t>(label.classes[i])] += static_cast<double>(label.shares[i]);
        for (std::size_t i = 0; i < static_cast<std::size_t>(label.count); ++i) {
          // Losses of values see the mean target; cross-entropy is linear in it, so that both come to the same.
          const bool compares = made->compares_values();
          const double share = compares ? (i == 0 ? 1.0 : 0.0) : static_cast<double>(label.shares[i]);
          const auto at = row.reference(shard.sample(n), target, static_cast<std::size_t>(label.classes[i]), smoothing);
          loss += share * at.loss;
          for (std::size_t k = 0; k < kClasses; ++k) gradient[static_cast<std::size_t>(n) * kClasses + k] += share * at.gradient[k] / 4;
        }
      }
      EXPECT_NEAR(sums.loss, loss, kTranscendental * kRoundoffF32 * loss);
      EXPECT_NEAR_ARRAY(shard.gradient(), gradient, 1, tolerance(kTranscendental, precision));
    }
  }
  EXPECT_EQ(weighed, 5);
}

TEST(Losses, gradients_of_the_references_equal_finite_differences) {
  constexpr double kStep = 1e-5;
  for (const losses::CatalogEntry& row : losses::catalog()) {
    const Doubles value = random_numbers(3, kClasses), target = one_hot(2);
    const auto at = row.reference(value, target, 2, 0.125);
    for (std::size_t k = 0; k < kClasses; ++k) {
      Doubles more = value, less = value;
      more[k] += kStep, less[k] -= kStep;
      const double difference = (row.reference(more, target, 2, 0.125).loss - row.reference(less, target, 2, 0.125).loss) / (2 * kStep);
      // Second-order truncation, and round-off of the losses over the step.
      EXPECT_NEAR(at.gradient[k], difference, 1e-9) << row.name << " " << k;
    }
  }
}

TEST(Losses, an_autoencoder_is_compared_with_its_target_and_predicts_nothing) {
  int compared = 0;
  for (const losses::CatalogEntry& row : losses::catalog()) {
    const losses::LossPointer made = row.make();
    if (!made->compares_values()) continue;
    ++compared;
    Shard shard(Precision::f32);
    Doubles target = random_numbers(2, kSamples * kClasses);
    for (double& t : target) t = std::min(1.0, std::abs(t));
    const auto bytes = stored_bytes(target, Precision::f32);
    shard.call.target = bytes.data();
    shard.call.labels = {};
    const ShardSums sums = made->shard(shard.call);
    double loss = 0;
    for (int n = 0; n < kValid; ++n)
      loss += row.reference(shard.sample(n), Doubles(target.begin() + n * kClasses, target.begin() + (n + 1) * kClasses), 0, 0).loss;
    EXPECT_NEAR(sums.loss, loss, kTranscendental * kRoundoffF32 * std::abs(loss));
    EXPECT_EQ(sums.errors, 0);
    EXPECT_EQ(shard.predictions, std::vector<std::int32_t>(kValid, -1));
  }
  EXPECT_EQ(compared, 2);
}

/// Sabour et al. 2017, equation 4, with the numbers of the paper: 0.9, 0.1 and a half.
TEST(Losses, margin_asks_for_a_long_capsule_of_the_class_and_short_ones_of_the_others) {
  const float values[] = {0.5f, 0.3f, 0.05f};
  const std::int32_t label = 0;
  float gradient[3];
  const ShardSums sums = losses::make_loss("margin")->shard(
      {.samples = 1, .valid = 1, .features = 3, .value = values, .labels = {&label, 1}, .grad_scale = 1, .grad = gradient});
  EXPECT_NEAR(sums.loss, 0.4 * 0.4 + 0.5 * 0.2 * 0.2, 4 * kRoundoffF32);
  EXPECT_NEAR(gradient[0], -0.8, 4 * kRoundoffF32);
  EXPECT_NEAR(gradient[1], 0.2, 4 * kRoundoffF32);
  EXPECT_EQ(gradient[2], 0);
}

/// Each class against the rest: the class of the label asks for at least 1, every other one for at most -1.
TEST(Losses, squared_hinge_by_hand) {
  const float values[] = {0.5f, 2.0f, -3.0f};
  const std::int32_t label = 0;
  float gradient[3];
  const ShardSums sums =
      losses::make_loss("squared_hinge")
          ->shard({.samples = 1, .valid = 1, .features = 3, .value = values, .labels = {&label, 1}, .grad_scale = 0.5f, .grad = gradient});
  EXPECT_EQ(sums.loss, 0.25 + 9);
  EXPECT_EQ(sums.errors, 1);
  EXPECT_EQ(gradient[0], -0.5f);  // -2 (1 - 0.5) / 2
  EXPECT_EQ(gradient[1], 3);      // 2 (1 + 2) / 2
  EXPECT_EQ(gradient[2], 0);
}

TEST(Losses, a_value_that_is_nan_makes_a_loss_that_is_nan) {
  const float values[] = {0.5f, std::numeric_limits<float>::quiet_NaN(), 0.2f};
  for (const losses::CatalogEntry& row : losses::catalog()) {
    for (const std::int32_t label : {0, 1}) {
      float gradient[3] = {};
      losses::ShardLoss call;
      call.samples = call.valid = 1;
      call.features = 3;
      call.value = values;
      call.labels = {&label, 1};
      call.grad_scale = 1;
      call.grad = gradient;
      EXPECT_TRUE(std::isnan(row.make()->shard(call).loss)) << row.name << " label " << label;
    }
  }
}

TEST(Losses, evaluation_wants_no_gradient) {
  for (const losses::CatalogEntry& row : losses::catalog()) {
    Shard shard(Precision::f32);
    const ShardSums with = row.make()->shard(shard.call);
    shard.call.grad = nullptr;
    EXPECT_EQ(row.make()->shard(shard.call).loss, with.loss) << row.name;
  }
}

TEST(Losses, catalog_knows_each_by_its_name) {
  for (const losses::CatalogEntry& row : losses::catalog()) EXPECT_EQ(losses::make_loss(row.name)->name(), row.name);
  EXPECT_THROW(losses::make_loss("hinge"), InputError);
}

}  // namespace
}  // namespace reprise::tests
