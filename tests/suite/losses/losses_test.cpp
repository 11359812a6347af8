// Loss, gradient and prediction of a shard.

#include "suite/losses/losses.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "suite/kernels/reference/elementwise.hpp"
#include "tests/support/arrays.hpp"
#include "tests/support/tolerances.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using losses::LossKind;
using losses::ShardLoss;
using losses::ShardSums;

constexpr int kSamples = 4, kValid = 3, kClasses = 11;
const std::vector<std::int32_t> kLabels{3, 0, 10};

/// A shard whose last sample is padding.
class Shard {
 public:
  Shard(LossKind kind, Precision precision)
      : numbers(random_numbers(1, kSamples * kClasses)), bytes_(stored_bytes(numbers, precision)), grad_(bytes_.size(), std::byte{0x7F}) {
    call.kind = kind;
    call.precision = precision;
    call.samples = kSamples;
    call.valid = kValid;
    call.features = kClasses;
    call.value = bytes_.data();
    call.labels = kLabels;
    call.grad_scale = 0.25f;
    call.grad = grad_.data();
    call.predictions = predictions.data();
  }
  Doubles gradient() const { return read_bytes(grad_.data(), kSamples * kClasses, call.precision); }
  Doubles sample(int n) const { return Doubles(numbers.begin() + n * kClasses, numbers.begin() + (n + 1) * kClasses); }

  ShardLoss call;
  Doubles numbers;
  std::vector<std::int32_t> predictions = std::vector<std::int32_t>(kValid, -1);

 private:
  std::vector<std::byte> bytes_, grad_;
};

reference::LossAndGradient right(LossKind kind, const Doubles& value, const Doubles& target, std::size_t label, double smoothing) {
  switch (kind) {
    case LossKind::softmax_cross_entropy:
      return reference::softmax_cross_entropy(value, label, smoothing);
    case LossKind::squared_error:
      return reference::squared_error(value, target);
    default:
      return reference::logistic_cross_entropy(value, target);
  }
}

Doubles one_hot(std::int32_t label) {
  Doubles target(kClasses, 0.0);
  target[static_cast<std::size_t>(label)] = 1;
  return target;
}

TEST(Losses, sums_and_gradients_of_valid_samples_equal_the_reference) {
  for (const LossKind kind : {LossKind::softmax_cross_entropy, LossKind::squared_error, LossKind::logistic_cross_entropy})
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      Shard shard(kind, precision);
      const double smoothing = kind == LossKind::softmax_cross_entropy ? 0.125 : 0;
      shard.call.label_smoothing = static_cast<float>(smoothing);
      const ShardSums sums = losses::shard_loss(shard.call);
      double loss = 0, errors = 0;
      Doubles gradient(kSamples * kClasses);  // padding: zero
      for (int n = 0; n < kValid; ++n) {
        const Doubles value = shard.sample(n);
        const std::int32_t label = kLabels[static_cast<std::size_t>(n)];
        const auto expected = right(kind, value, one_hot(label), static_cast<std::size_t>(label), smoothing);
        loss += expected.loss;
        const auto prediction = static_cast<std::int32_t>(std::max_element(value.begin(), value.end()) - value.begin());
        errors += prediction == label ? 0 : 1;
        EXPECT_EQ(shard.predictions[static_cast<std::size_t>(n)], prediction);
        for (std::size_t k = 0; k < kClasses; ++k) gradient[static_cast<std::size_t>(n) * kClasses + k] = expected.gradient[k] / 4;
      }
      EXPECT_NEAR(sums.loss, loss, kTranscendental * kRoundoffF32 * loss);
      EXPECT_EQ(sums.errors, errors);
      EXPECT_NEAR_ARRAY(shard.gradient(), gradient, 1, tolerance(kTranscendental, precision));
    }
}

TEST(Losses, an_autoencoder_is_compared_with_its_target_and_predicts_nothing) {
  for (const LossKind kind : {LossKind::squared_error, LossKind::logistic_cross_entropy}) {
    Shard shard(kind, Precision::f32);
    Doubles target = random_numbers(2, kSamples * kClasses);
    for (double& t : target) t = std::min(1.0, std::abs(t));
    const auto bytes = stored_bytes(target, Precision::f32);
    shard.call.target = bytes.data();
    shard.call.labels = {};
    const ShardSums sums = losses::shard_loss(shard.call);
    double loss = 0;
    for (int n = 0; n < kValid; ++n)
      loss += right(kind, shard.sample(n), Doubles(target.begin() + n * kClasses, target.begin() + (n + 1) * kClasses), 0, 0).loss;
    EXPECT_NEAR(sums.loss, loss, kTranscendental * kRoundoffF32 * std::abs(loss));
    EXPECT_EQ(sums.errors, 0);
    EXPECT_EQ(shard.predictions, std::vector<std::int32_t>(kValid, -1));
  }
}

/// Sabour et al. 2017, equation 4, with the numbers of the paper: 0.9, 0.1 and a half.
TEST(Losses, margin_asks_for_a_long_capsule_of_the_class_and_short_ones_of_the_others) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    Shard shard(LossKind::margin, precision);
    const ShardSums sums = losses::shard_loss(shard.call);
    double loss = 0;
    Doubles gradient(kSamples * kClasses);
    for (int n = 0; n < kValid; ++n) {
      const Doubles value = shard.sample(n);
      for (std::size_t k = 0; k < kClasses; ++k) {
        const bool is_label = static_cast<std::int32_t>(k) == kLabels[static_cast<std::size_t>(n)];
        const double excess = std::max(0.0, is_label ? 0.9 - value[k] : value[k] - 0.1);
        loss += (is_label ? 1 : 0.5) * excess * excess;
        gradient[static_cast<std::size_t>(n) * kClasses + k] = (is_label ? -2 * excess : excess) / 4;
      }
    }
    EXPECT_GT(loss, 0);
    EXPECT_NEAR(sums.loss, loss, sum_of(kClasses) * kRoundoffF32 * loss);
    EXPECT_NEAR_ARRAY(shard.gradient(), gradient, 1, tolerance(kElementwise, precision));
  }
}

TEST(Losses, a_value_that_is_no_number_makes_a_loss_that_is_none) {
  const float values[] = {0.5f, std::numeric_limits<float>::quiet_NaN(), 0.2f};
  for (const LossKind kind :
       {LossKind::margin, LossKind::softmax_cross_entropy, LossKind::squared_error, LossKind::logistic_cross_entropy}) {
    for (const std::int32_t label : {0, 1}) {
      float gradient[3] = {};
      losses::ShardLoss call;
      call.kind = kind;
      call.precision = Precision::f32;
      call.samples = call.valid = 1;
      call.features = 3;
      call.value = values;
      call.labels = {&label, 1};
      call.grad_scale = 1;
      call.grad = gradient;
      EXPECT_TRUE(std::isnan(losses::shard_loss(call).loss)) << static_cast<int>(kind) << " label " << label;
    }
  }
}

TEST(Losses, evaluation_wants_no_gradient) {
  Shard shard(LossKind::softmax_cross_entropy, Precision::f32);
  const ShardSums with = losses::shard_loss(shard.call);
  shard.call.grad = nullptr;
  EXPECT_EQ(losses::shard_loss(shard.call).loss, with.loss);
}

}  // namespace
}  // namespace reprise::tests
