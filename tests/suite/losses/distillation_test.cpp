// Learning from a teacher's scores: loss and gradient, and where they are those of cross-entropy.

#include "suite/losses/distillation.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/kernels/reference/elementwise.hpp"
#include "suite/losses/catalog.hpp"
#include "tests/suite/losses/loss_shard.hpp"
#include "tests/support/tolerances.hpp"

namespace reprise::tests {
namespace {

using losses::ShardSums;

/// The scores of a teacher for a shard's samples.
Doubles teacher_scores() {
  Doubles scores = random_numbers(9, kValid * kClasses);
  for (double& score : scores) score = static_cast<float>(3 * score);
  return scores;
}

TEST(Distillation, is_the_reference_and_its_gradient_a_difference_quotient) {
  constexpr double kStep = 1e-5, kSmoothing = 0.125;
  const Doubles teacher = teacher_scores();
  const std::vector<float> floats(teacher.begin(), teacher.end());
  for (const Precision precision : {Precision::f32, Precision::bf16})
    for (const double weight : {0.0, 0.3, 1.0})
      for (const double temperature : {0.5, 1.0, 4.0}) {
        SCOPED_TRACE(testing::Message() << "weight " << weight << ", temperature " << temperature);
        Shard shard(precision);
        shard.call.teacher = floats.data();
        shard.call.label_smoothing = kSmoothing;
        const ShardSums sums = losses::Distillation(weight, temperature).shard(shard.call);
        double loss = 0;
        Doubles gradient(kSamples * kClasses);  // padding: zero
        for (std::size_t n = 0; n < kValid; ++n) {
          const Doubles value = shard.sample(static_cast<int>(n)), taught(teacher.begin() + static_cast<std::ptrdiff_t>(n) * kClasses,
                                                                          teacher.begin() + static_cast<std::ptrdiff_t>(n + 1) * kClasses);
          const auto of = [&](const Doubles& logits) {
            return kernels::reference::distillation(logits, taught, static_cast<std::size_t>(kLabels[n]), kSmoothing, weight, temperature);
          };
          loss += of(value).loss;
          for (std::size_t k = 0; k < kClasses; ++k) {
            Doubles more = value, less = value;
            more[k] += kStep, less[k] -= kStep;
            const double quotient = (of(more).loss - of(less).loss) / (2 * kStep);
            EXPECT_NEAR(of(value).gradient[k], quotient, 1e-8);
            gradient[n * kClasses + k] = of(value).gradient[k] / 4;
          }
        }
        EXPECT_NEAR(sums.loss, loss, kTranscendental * kRoundoffF32 * loss);
        // Two terms, each of which is stored.
        EXPECT_NEAR_ARRAY(shard.gradient(), gradient, 1, tolerance(4 * kTranscendental, precision, 2));
      }
}

TEST(Distillation, without_weight_or_teacher_is_cross_entropy_to_the_bit) {
  const Doubles teacher = teacher_scores();
  const std::vector<float> floats(teacher.begin(), teacher.end());
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    Shard plain(precision), weightless(precision), untaught(precision);
    const ShardSums expected = losses::make_loss("softmax_cross_entropy")->shard(plain.call);
    weightless.call.teacher = floats.data();
    for (const auto& [found, shard] : {std::pair{losses::Distillation(0, 4).shard(weightless.call), &weightless},
                                       {losses::Distillation(0.7, 4).shard(untaught.call), &untaught}}) {
      EXPECT_EQ(found.loss, expected.loss);
      EXPECT_EQ(found.errors, expected.errors);
      EXPECT_EQ(shard->gradient(), plain.gradient());
      EXPECT_EQ(shard->predictions, plain.predictions);
    }
  }
}

/// At temperature 1 the teacher's probabilities are a soft target: the loss is the cross-entropy with them but for their entropy.
TEST(Distillation, at_temperature_1_has_the_gradient_of_soft_targets) {
  const Doubles teacher = teacher_scores();
  const std::vector<float> floats(teacher.begin(), teacher.end());
  Shard shard(Precision::f32);
  shard.call.teacher = floats.data();
  losses::Distillation(1, 1).shard(shard.call);
  Doubles gradient(kSamples * kClasses);
  for (std::size_t n = 0; n < kValid; ++n) {
    Doubles q;
    double sum = 0;
    for (std::size_t k = 0; k < kClasses; ++k) sum += std::exp(teacher[n * kClasses + k]);
    for (std::size_t k = 0; k < kClasses; ++k) q.push_back(std::exp(teacher[n * kClasses + k]) / sum);
    const auto soft = kernels::reference::soft_target_cross_entropy(shard.sample(static_cast<int>(n)), q);
    for (std::size_t k = 0; k < kClasses; ++k) gradient[n * kClasses + k] = soft.gradient[k] / 4;
  }
  EXPECT_NEAR_ARRAY(shard.gradient(), gradient, 1, tolerance(4 * kTranscendental, Precision::f32));
}

TEST(Distillation, a_teacher_that_says_the_same_teaches_nothing) {
  for (const Precision precision : {Precision::f32, Precision::bf16})
    for (const double temperature : {1.0, 4.0}) {
      Shard shard(precision);
      const std::vector<float> same(shard.numbers.begin(), shard.numbers.end());
      shard.call.teacher = same.data();
      EXPECT_EQ(losses::Distillation(1, temperature).shard(shard.call).loss, 0);
      EXPECT_EQ(shard.gradient(), Doubles(kSamples * kClasses));
    }
}

TEST(Distillation, bears_scores_whose_probability_is_nothing) {
  const float values[] = {500, 0, -500}, teacher[] = {-500, 0, 500};
  const std::int32_t label = 0;
  float gradient[3];
  losses::ShardLoss call;
  call.samples = call.valid = 1, call.features = 3;
  call.value = values, call.labels = {&label, 1}, call.teacher = teacher;
  call.grad = gradient;
  EXPECT_NEAR(losses::Distillation(1, 1).shard(call).loss, 1000, 1e-3);
  EXPECT_EQ(gradient[0], 1);
  EXPECT_EQ(gradient[2], -1);
}

TEST(Distillation, refuses_what_is_no_share_and_no_temperature) {
  EXPECT_THROW(losses::Distillation(1.5, 1), InputError);
  EXPECT_THROW(losses::Distillation(-0.1, 1), InputError);
  EXPECT_THROW(losses::Distillation(0.5, 0), InputError);
}

}  // namespace
}  // namespace reprise::tests
