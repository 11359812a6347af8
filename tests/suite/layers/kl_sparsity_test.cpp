#include "suite/layers/kl_sparsity.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

using layers::KlSparsity;

LayerCase case_of(KlSparsity::Options options, SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<KlSparsity>(options);
  result.inputs = {input};
  result.samples = 4;
  result.shards = 2;
  result.count = 6;
  result.precision = precision;
  return result;
}

/// Values in (0, 1), as a logistic layer gives.
LayerValues activations(const LayerCase& c, std::uint64_t seed) {
  LayerValues values = random_values(c, seed);
  const auto valid = static_cast<std::size_t>(c.count * c.inputs[0].size());
  for (std::size_t i = 0; i < valid; ++i)
    values.inputs[0][i] = static_cast<double>(value_of(nearest_bf16(static_cast<float>(1 / (1 + std::exp(1 - values.inputs[0][i]))))));
  return values;
}

Doubles channel_means(const LayerCase& c, const Doubles& input) {
  Doubles means(static_cast<std::size_t>(c.inputs[0].channels));
  const auto valid = static_cast<std::size_t>(c.count * c.inputs[0].size());
  for (std::size_t i = 0; i < valid; ++i) means[i % means.size()] += input[i] / static_cast<double>(valid / means.size());
  return means;
}

double penalty(const LayerCase& c, const KlSparsity::Options& o, const Doubles& input) {
  double sum = 0;
  for (const double q : channel_means(c, input))
    sum += o.weight * (o.target * std::log(o.target / q) + (1 - o.target) * std::log((1 - o.target) / (1 - q)));
  return sum;
}

TEST(KlSparsity, output_is_the_input_and_the_gradient_by_hand) {
  LayerCase c = case_of({.target = 0.25, .weight = 3}, {1, 1, 1});
  c.samples = 1, c.shards = 2, c.count = 2;
  const LayerResult result = run_layer(c, {{{0.25, 0.75}}, {}}, {1, 2});
  EXPECT_EQ(result.output, (Doubles{0.25, 0.75}));
  // q = 1/2: 3 * (0.75/0.5 - 0.25/0.5) / 2 = 1.5 more.
  EXPECT_EQ(result.grad_inputs[0], (Doubles{2.5, 3.5}));
  EXPECT_EQ(result.coupled, (std::vector<float>{1.5f, 0.5f}));
}

TEST(KlSparsity, added_gradient_is_the_difference_quotient_of_the_penalty) {
  const KlSparsity::Options options{.target = 0.1, .weight = 2};
  for (const long channels : kChannelCounts)
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const LayerCase c = case_of(options, {2, 2, channels}, precision);
      LayerValues values = activations(c, 3);
      const LayerResult result = run_layer(c, values, Doubles(values.inputs[0].size(), 0.0));
      const auto valid = static_cast<std::size_t>(c.count * c.inputs[0].size());
      Doubles expected(values.inputs[0].size());
      for (std::size_t i = 0; i < valid; ++i) {
        Doubles above = values.inputs[0], below = above;
        above[i] += kDifferenceStep, below[i] -= kDifferenceStep;
        expected[i] = (penalty(c, options, above) - penalty(c, options, below)) / (2 * kDifferenceStep);
      }
      EXPECT_NEAR_ARRAY(result.grad_inputs[0], expected, 1, tolerance(sum_of(16), precision) + kDifferenceError);
    }
}

TEST(KlSparsity, grad_output_passes_and_padding_gets_no_penalty) {
  LayerCase c = case_of({.target = 0.1, .weight = 2}, {2, 2, 5});
  const LayerValues values = activations(c, 3);
  const Doubles grad = random_grad_output(c, 4);
  const LayerResult zero = run_layer(c, values, Doubles(grad.size(), 0.0)), with = run_layer(c, values, grad);
  for (std::size_t i = 0; i < grad.size(); ++i) EXPECT_NEAR(with.grad_inputs[0][i], zero.grad_inputs[0][i] + grad[i], 1e-6);
  for (std::size_t i = static_cast<std::size_t>(c.count) * 20; i < grad.size(); ++i) EXPECT_EQ(zero.grad_inputs[0][i], 0);
  c.mode = layers::Mode::infer;
  EXPECT_EQ(run_layer(c, values, grad).grad_inputs[0], grad);
}

TEST(KlSparsity, the_cut_into_shards_does_not_matter) {
  LayerCase one = case_of({.target = 0.1, .weight = 2}, {3, 3, 10}), three = one;
  one.samples = 6, one.shards = 1, three.samples = 2, three.shards = 3;
  const LayerValues values = activations(one, 5);
  const Doubles grad = random_grad_output(one, 6);
  EXPECT_NEAR_ARRAY(run_layer(three, values, grad).grad_inputs[0], run_layer(one, values, grad).grad_inputs[0], kElementwise, kRoundoffF32);
}

TEST(KlSparsity, dead_and_saturated_units_have_finite_gradients_that_push_back) {
  LayerCase c = case_of({.target = 0.1, .weight = 1}, {1, 1, 2});
  LayerValues values = activations(c, 3);
  for (std::size_t i = 0; i < values.inputs[0].size(); ++i) values.inputs[0][i] = i % 2 == 0 ? 0 : 1;
  const LayerResult result = run_layer(c, values, Doubles(values.inputs[0].size(), 0.0));
  EXPECT_NEAR(result.grad_inputs[0][0], -0.1 / 1e-6 / 6, 1);
  EXPECT_NEAR(result.grad_inputs[0][1], 0.9 / 1e-6 / 6, 1);
}

TEST(KlSparsity, penalty_is_zero_at_the_target_only) {
  const KlSparsity layer({.target = 0.25, .weight = 2});
  EXPECT_EQ(layer.penalty(std::vector<float>{0.25f}), 0);
  EXPECT_NEAR(layer.penalty(std::vector<float>{0.5f, 0.25f}), 2 * (0.25 * std::log(0.5) + 0.75 * std::log(1.5)), 1e-12);
}

TEST(KlSparsity, refuses_options_out_of_range) {
  EXPECT_THROW(KlSparsity({.target = 0}), InputError);
  EXPECT_THROW(KlSparsity({.target = 1}), InputError);
  EXPECT_THROW(KlSparsity({.weight = -1}), InputError);
}

}  // namespace
}  // namespace reprise::tests
