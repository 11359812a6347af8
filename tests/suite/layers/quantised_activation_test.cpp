#include "suite/layers/quantised_activation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

using layers::ActivationRule;
using layers::Gate;
using layers::QuantisedActivation;

LayerCase case_of(const QuantisedActivation::Options& options, SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<QuantisedActivation>(options);
  result.inputs = {input};
  result.samples = 2, result.shards = 2, result.count = 3;
  result.precision = precision;
  return result;
}

LayerResult of_one_sample(const QuantisedActivation::Options& options, const Doubles& input, const Doubles& grad,
                          const Doubles& alpha = {}) {
  LayerCase c = case_of(options, {1, 1, static_cast<std::int64_t>(input.size())});
  c.samples = 1, c.shards = 1, c.count = 1;
  std::vector<Doubles> parameters;
  if (!alpha.empty()) parameters.push_back(alpha);
  return run_layer(c, {{input}, parameters}, grad);
}

/// Steps of a third; 1/2 is halfway between 1 and 2 of them and goes to the even one, 1/6 to none.
TEST(QuantisedActivation, dorefa_by_hand) {
  const LayerResult result = of_one_sample({.bits = 2}, {-0.5, 0, 0.25, 0.5, 1, 1.5}, {1, 2, 3, 4, 5, 6});
  const float third = 1.0f / 3;
  EXPECT_EQ(result.output, (Doubles{0, 0, static_cast<double>(third), static_cast<double>(2.0f / 3), 1, 1}));
  EXPECT_EQ(result.grad_inputs[0], (Doubles{0, 2, 3, 4, 5, 0}));
  EXPECT_EQ(of_one_sample({.bits = 1}, {0.25, 0.5, 0.75}, {1, 1, 1}).output, (Doubles{0, 0, 1})) << "half of one step to the even";
}

TEST(QuantisedActivation, sign_by_hand) {
  const Doubles input{-2, -1, -0.5, 0, 1, 1.25}, grad{1, 2, 3, 4, 5, 6};
  const LayerResult hard = of_one_sample({.rule = ActivationRule::sign}, input, grad);
  EXPECT_EQ(hard.output, (Doubles{-1, -1, -1, 1, 1, 1}));
  EXPECT_EQ(hard.grad_inputs[0], (Doubles{0, 2, 3, 4, 5, 0}));
  EXPECT_EQ(of_one_sample({.rule = ActivationRule::sign, .gate = Gate::identity}, input, grad).grad_inputs[0], grad);
  const Doubles smooth = of_one_sample({.rule = ActivationRule::sign, .gate = Gate::tanh}, input, grad).grad_inputs[0];
  for (std::size_t i = 0; i < input.size(); ++i)
    EXPECT_NEAR(smooth[i], (1 - std::tanh(input[i]) * std::tanh(input[i])) * grad[i], 1e-6) << i;
}

/// alpha = 1.5: steps of a half. At 0 and at alpha no gradient passes; from alpha on it is alpha's.
TEST(QuantisedActivation, pact_by_hand) {
  const LayerResult result =
      of_one_sample({.rule = ActivationRule::pact, .bits = 2}, {-1, 0, 0.25, 0.5, 1.375, 1.5, 4}, {1, 2, 3, 4, 5, 6, 7}, {1.5});
  EXPECT_EQ(result.output, (Doubles{0, 0, 0, 0.5, 1.5, 1.5, 1.5}));
  EXPECT_EQ(result.grad_inputs[0], (Doubles{0, 0, 3, 4, 5, 0, 0}));
  EXPECT_EQ(result.grad_parameters[0], (Doubles{6 + 7}));
}

/// The formula in double; values within a thousandth of a step of its half are set to 0, as float32 may round them otherwise.
TEST(QuantisedActivation, equals_the_formula_in_both_precisions) {
  for (const Precision precision : {Precision::f32, Precision::bf16})
    for (const int bits : {1, 2, 3, 8})
      for (const ActivationRule rule : {ActivationRule::dorefa, ActivationRule::pact}) {
        const LayerCase c = case_of({.rule = rule, .bits = bits}, {3, 5, 7}, precision);
        LayerValues values = random_values(c, 3);
        const double alpha = rule == ActivationRule::pact ? 0.75 : 1, steps = std::exp2(bits) - 1;
        if (rule == ActivationRule::pact) values.parameters[0] = {alpha};
        for (double& x : values.inputs[0]) {
          const double place = x / alpha * steps;
          if (std::fabs(place - std::floor(place) - 0.5) < 1e-3) x = 0;
        }
        Reference reference;
        reference.forward = [=](const LayerValues& v) {
          Doubles result;
          for (const double x : v.inputs[0]) result.push_back(alpha * std::nearbyint(steps * std::clamp(x, 0.0, alpha) / alpha) / steps);
          return result;
        };
        reference.backward = [=](const LayerValues& v, const Doubles& grad) {
          LayerResult back;
          back.grad_inputs.resize(1);
          double grad_alpha = 0;
          for (std::size_t i = 0; i < grad.size(); ++i) {
            const double x = v.inputs[0][i];
            const bool passes = rule == ActivationRule::pact ? x > 0 && x < alpha : x >= 0 && x <= 1;
            back.grad_inputs[0].push_back(passes ? grad[i] : 0);
            grad_alpha += x >= alpha ? grad[i] : 0;
          }
          if (rule == ActivationRule::pact) back.grad_parameters = {{grad_alpha}};
          return back;
        };
        const LayerValues kept = values;
        const LayerResult found = run_layer(c, kept, random_grad_output(c, 4));
        const Doubles grad = random_grad_output(c, 4);
        const auto valid = static_cast<std::size_t>(c.count * 3 * 5 * 7);
        Doubles output = reference.forward(kept), seen = found.output;
        output.resize(valid), seen.resize(valid);
        const LayerResult back = reference.backward(kept, grad);
        const double roundoff_of_storage = precision == Precision::bf16 ? kRoundoffBf16 : kRoundoffF32;
        EXPECT_LE(difference(seen, output, kElementwise, roundoff_of_storage).ratio, 1.0) << bits;
        EXPECT_LE(difference(found.grad_inputs[0], back.grad_inputs[0], 1, roundoff_of_storage).ratio, 1.0) << bits;
        // A shard's sum is taken in double: two roundings to float32 and one addition.
        if (rule == ActivationRule::pact)
          EXPECT_NEAR_ARRAY(found.grad_parameters[0], back.grad_parameters[0], sum_of(2), kRoundoffF32,
                            largest_magnitude(grad) * static_cast<double>(valid));
      }
}

/// By alpha the objective is piecewise linear but for the rounding that the estimator ignores: with many bits differences see its slope.
TEST(QuantisedActivation, the_gradient_by_alpha_is_the_difference_quotient_of_clipping) {
  LayerCase c = case_of({.rule = ActivationRule::pact, .bits = 16}, {3, 5, 7});
  LayerValues values = random_values(c, 3);
  values.parameters[0] = {0.5};
  const Doubles grad = random_grad_output(c, 4);
  const double found = run_layer(c, values, grad).grad_parameters[0][0];
  const auto objective = [&](double alpha) {
    double sum = 0;
    for (std::size_t i = 0; i < grad.size(); ++i) sum += grad[i] * std::clamp(values.inputs[0][i], 0.0, alpha);
    return sum;
  };
  EXPECT_NEAR(found, (objective(0.5 + 1e-6) - objective(0.5 - 1e-6)) / 2e-6, 1e-4);
}

TEST(QuantisedActivation, alpha_starts_decays_and_stays_positive) {
  const std::vector<SampleShape> input{{2, 2, 3}};
  EXPECT_TRUE(QuantisedActivation({.bits = 2}).parameters(input).empty());
  const layers::ParameterSpec alpha = QuantisedActivation({.rule = ActivationRule::pact, .bits = 2, .alpha = 3}).parameters(input).at(0);
  EXPECT_EQ(alpha.name, "alpha");
  EXPECT_EQ(alpha.initialisation.value, 3);
  EXPECT_TRUE(alpha.decays);
  EXPECT_GT(alpha.lower, 0);
  EXPECT_EQ(QuantisedActivation({.rule = ActivationRule::pact, .bits = 2}).summary(), "quantised_activation pact 2 bit, alpha starts at 6");
  EXPECT_EQ(QuantisedActivation({.rule = ActivationRule::sign}).summary(), "quantised_activation sign, gradient hard_tanh");
}

TEST(QuantisedActivation, refuses_bits_alphas_and_names_that_mean_nothing) {
  EXPECT_THROW(QuantisedActivation({.bits = 0}), InputError);
  EXPECT_THROW(QuantisedActivation({.bits = 17}), InputError);
  EXPECT_THROW(QuantisedActivation({.rule = ActivationRule::pact, .alpha = 0}), InputError);
  EXPECT_THROW(layers::activation_rule("relu"), InputError);
}

}  // namespace
}  // namespace reprise::tests
