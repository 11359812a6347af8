#include "suite/layers/layer_norm.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/kernels/reference/attention.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::LayerNorm;

Reference reference_of(const LayerCase& c, double epsilon) {
  return of_samples(
      c, [=](const Doubles& x, std::int64_t, const std::vector<Doubles>& p) { return reference::layer_norm(x, p[0], p[1], epsilon); },
      [=](const Doubles& x, std::int64_t, const std::vector<Doubles>& p, const Doubles& dy) {
        const auto grads = reference::layer_norm_grad(x, p[0], epsilon, dy);
        return std::vector<Doubles>{grads.input, grads.gamma, grads.beta};
      });
}

/// Sums over the channels, differences of nearly equal numbers among them; gradients of parameters are sums over all positions.
Roundings roundings_of(const LayerCase& c) {
  const double channels = static_cast<double>(c.inputs[0].channels), rows = static_cast<double>(c.inputs[0].positions() * c.count);
  return {.output = 4 * sum_of(channels), .gradient = 8 * sum_of(channels) + sum_of(rows)};
}

TEST(LayerNorm, three_channels_by_hand) {
  LayerCase c = five_samples(std::make_shared<LayerNorm>(LayerNorm::Options{.epsilon = 1.0 / 3}), {1, 1, 3});
  c.samples = c.shards = 1, c.count = 1;
  // Mean 2, variance 2/3, with epsilon 1: the normalised values are -1, 0, 1.
  const LayerResult result = run_layer(c, {{{1, 2, 3}}, {{2, 3, 4}, {10, 20, 30}}}, {1, 0, 0});
  EXPECT_NEAR_ARRAY(result.output, (Doubles{8, 20, 34}), 8, kRoundoffF32);
  // dy gamma = (2, 0, 0): mean 2/3, slope -2/3.
  EXPECT_NEAR_ARRAY(result.grad_inputs[0], (Doubles{2 - 2.0 / 3 - 2.0 / 3, -2.0 / 3, -2.0 / 3 + 2.0 / 3}), 8, kRoundoffF32);
  EXPECT_NEAR_ARRAY(result.grad_parameters[0], (Doubles{-1, 0, 0}), 8, kRoundoffF32);
  EXPECT_EQ(result.grad_parameters[1], (Doubles{1, 0, 0}));
}

TEST(LayerNorm, equals_the_reference_in_both_precisions) {
  for (const long channels : {3L, 10L, 17L, 24L, 64L, 130L})
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const LayerCase c = five_samples(std::make_shared<LayerNorm>(LayerNorm::Options{}), {3, 5, channels}, precision);
      EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, 1e-5), roundings_of(c)));
    }
}

TEST(LayerNorm, gradients_equal_central_differences) {
  // A large epsilon bends less: two channels alone would be normalised to plus and minus one.
  for (const long channels : {2L, 5L, 19L}) {
    const LayerCase c = five_samples(std::make_shared<LayerNorm>(LayerNorm::Options{.epsilon = 0.1}), {2, 3, channels});
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, 0.1), roundings_of(c)));
  }
}

TEST(LayerNorm, one_channel_becomes_its_beta) {
  const LayerCase c = five_samples(std::make_shared<LayerNorm>(LayerNorm::Options{}), {2, 2, 1});
  LayerValues values = random_values(c, 3);
  const LayerResult result = run_layer(c, values, random_grad_output(c, 4));
  EXPECT_EQ(result.output, Doubles(result.output.size(), values.parameters[1][0]));
  EXPECT_EQ(largest_magnitude(result.grad_inputs[0]), 0);
}

TEST(LayerNorm, a_large_mean_does_not_swallow_the_variance) {
  LayerCase c = five_samples(std::make_shared<LayerNorm>(LayerNorm::Options{}), {1, 1, 2});
  c.samples = c.shards = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{{4096, 4098}}, {{1, 1}, {0, 0}}});
  EXPECT_NEAR_ARRAY(result.output, (Doubles{-1 / std::sqrt(1 + 1e-5), 1 / std::sqrt(1 + 1e-5)}), 8, kRoundoffF32);
}

TEST(LayerNorm, decays_only_if_asked) {
  const std::vector<SampleShape> input{{2, 2, 3}};
  for (const bool decays : {false, true})
    for (const auto& spec : LayerNorm({.decays = decays}).parameters(input)) EXPECT_EQ(spec.decays, decays);
  EXPECT_THROW(LayerNorm({.epsilon = 0}), InputError);
}

}  // namespace
}  // namespace reprise::tests
