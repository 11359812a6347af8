#include "suite/layers/sequence_pool.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/kernels/reference/attention.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::SequencePool;

LayerCase case_of(SampleShape input, Precision precision = Precision::f32) {
  return five_samples(std::make_shared<SequencePool>(SequencePool::Options{}), input, precision);
}

/// The bias is part of what is checked: its gradient is zero.
Reference reference_of(const LayerCase& c) {
  return of_samples(
      c, [](const Doubles& x, std::int64_t, const std::vector<Doubles>& p) { return reference::sequence_pool(x, p[0]); },
      [](const Doubles& x, std::int64_t, const std::vector<Doubles>& p, const Doubles& dy) {
        const auto grads = reference::sequence_pool_grad(x, p[0], dy);
        return std::vector<Doubles>{grads.input, grads.weight, {0}};
      });
}

/// Logits are sums over the channels, whose error exp multiplies by their size; then sums over tokens and samples.
Roundings roundings_of(const LayerCase& c) {
  constexpr double kLargestLogit = 64;
  const double channels = static_cast<double>(c.inputs[0].channels), tokens = static_cast<double>(c.inputs[0].positions());
  const double roundings = kTranscendental + kLargestLogit * sum_of(channels) + sum_of(tokens);
  return {.output = roundings, .gradient = roundings + sum_of(static_cast<double>(c.count))};
}

TEST(SequencePool, two_tokens_by_hand) {
  LayerCase c = case_of({2, 1, 2});
  c.samples = c.shards = 1, c.count = 1;
  // Logits ln 3 and 0: weights 3/4 and 1/4.
  const double x = std::log(3.0);
  const LayerResult result = run_layer(c, {{{x, 4, 0, 8}}, {{1, 0}, {5}}}, {0, 1});
  EXPECT_NEAR_ARRAY(result.output, (Doubles{0.75 * x, 5}), kTranscendental, kRoundoffF32);
  // t = (4, 8), their mean 5: ds = (3/4)(-1), (1/4)(3).
  EXPECT_NEAR_ARRAY(result.grad_inputs[0], (Doubles{-0.75, 0.75, 0.75, 0.25}), 2 * kTranscendental, kRoundoffF32);
  EXPECT_NEAR_ARRAY(result.grad_parameters[0], (Doubles{-0.75 * x, -0.75 * 4 + 0.75 * 8}), 2 * kTranscendental, kRoundoffF32);
  EXPECT_EQ(result.grad_parameters[1], Doubles{0});
}

TEST(SequencePool, equals_the_reference_in_both_precisions) {
  for (const long channels : kChannelCounts)
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const LayerCase c = case_of({3, 5, channels}, precision);
      EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c), roundings_of(c)));
    }
}

TEST(SequencePool, gradients_equal_central_differences) {
  const LayerCase c = case_of({2, 3, 4});
  EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c), roundings_of(c)));
}

TEST(SequencePool, without_weights_it_is_the_mean_whatever_the_bias) {
  const LayerCase c = case_of({2, 2, 3});
  LayerValues values = random_values(c, 1);
  values.parameters = {{0, 0, 0}, {17}};
  const Doubles output = run_layer(c, values).output;
  Doubles mean(output.size(), 0.0);
  for (std::size_t i = 0; i < values.inputs[0].size(); ++i) mean[i / 12 * 3 + i % 3] += values.inputs[0][i] / 4;
  EXPECT_NEAR_ARRAY(output, mean, kTranscendental, kRoundoffF32);
}

}  // namespace
}  // namespace reprise::tests
