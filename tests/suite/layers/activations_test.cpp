#include <gtest/gtest.h>

#include <cmath>

#include "suite/kernels/reference/elementwise.hpp"
#include "suite/layers/gelu.hpp"
#include "suite/layers/logistic.hpp"
#include "suite/layers/relu.hpp"
#include "suite/layers/scale.hpp"
#include "suite/layers/tanh.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::ReluRule;

template <class Activation>
LayerCase case_of(SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<Activation>();
  result.inputs = {input};
  result.samples = 3;
  result.count = 2;
  result.precision = precision;
  return result;
}

using Function = Doubles (*)(const Doubles&);
using Gradient = Doubles (*)(const Doubles&, const Doubles&);

/// The gradient reads the output as it was stored.
Reference reference_of(const LayerCase& c, Function forward, Gradient gradient) {
  const Precision precision = c.precision;
  Reference result;
  result.forward = [forward](const LayerValues& values) { return forward(values.inputs[0]); };
  result.backward = [=](const LayerValues& values, const Doubles& grad_output) {
    const Doubles output = forward(values.inputs[0]);
    const Doubles kept = read_bytes(stored_bytes(output, precision).data(), static_cast<std::int64_t>(output.size()), precision);
    LayerResult back;
    back.grad_inputs = {gradient(kept, grad_output)};
    return back;
  };
  return result;
}

Doubles relu_gradient(const Doubles& output, const Doubles& grad) {
  return reference::relu_grad(output, grad, kernels::Rule::gradient);
}

template <class Activation>
void check(Function forward, Gradient gradient) {
  for (const long channels : kChannelCounts)
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const LayerCase c = case_of<Activation>({3, 5, channels}, precision);
      EXPECT_WITHIN_TOLERANCE(
          against_reference(c, reference_of(c, forward, gradient), {.output = kTranscendental, .gradient = kTranscendental}));
    }
  const LayerCase c = case_of<Activation>({2, 3, 5});
  EXPECT_WITHIN_TOLERANCE(
      against_differences(c, reference_of(c, forward, gradient), {.output = kTranscendental, .gradient = kTranscendental}));
}

template <class Activation>
void check_in_place() {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    LayerCase c = case_of<Activation>({3, 5, 7}, precision);
    const LayerValues values = random_values(c, 1);
    const Doubles grad = random_grad_output(c, 2);
    const LayerResult apart = run_layer(c, values, grad);
    c.in_place = true;
    const LayerResult together = run_layer(c, values, grad);
    EXPECT_EQ(together.output, apart.output);
    EXPECT_EQ(together.grad_inputs, apart.grad_inputs);
  }
}

TEST(Activations, relu_logistic_and_tanh_equal_the_reference_and_the_difference_quotient) {
  check<layers::Relu>(reference::relu, relu_gradient);
  check<layers::Logistic>(reference::logistic, reference::logistic_grad);
  check<layers::Tanh>(reference::tanh, reference::tanh_grad);
}

TEST(Activations, gelu_equals_the_reference_and_the_difference_quotient) {
  const auto reference_of_gelu = [] {
    Reference result;
    result.forward = [](const LayerValues& values) { return reference::gelu(values.inputs[0]); };
    result.backward = [](const LayerValues& values, const Doubles& grad_output) {
      LayerResult back;
      back.grad_inputs = {reference::gelu_grad(values.inputs[0], grad_output)};
      return back;
    };
    return result;
  };
  for (const long channels : kChannelCounts)
    for (const Precision precision : {Precision::f32, Precision::bf16})
      EXPECT_WITHIN_TOLERANCE(against_reference(case_of<layers::Gelu>({3, 5, channels}, precision), reference_of_gelu(),
                                                {.output = kTranscendental, .gradient = kTranscendental}));
  EXPECT_WITHIN_TOLERANCE(
      against_differences(case_of<layers::Gelu>({2, 3, 5}), reference_of_gelu(), {.output = kTranscendental, .gradient = kTranscendental}));
}

TEST(Activations, scale_multiplies_both_ways) {
  LayerCase c = case_of<layers::Relu>({1, 1, 3});
  c.layer = std::make_shared<layers::Scale>(layers::Scale::Options{.factor = 0.25});
  c.samples = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{{-2, 0, 6}}, {}}, {4, 8, -4});
  EXPECT_EQ(result.output, (Doubles{-0.5, 0, 1.5}));
  EXPECT_EQ(result.grad_inputs[0], (Doubles{1, 2, -1}));
}

TEST(Activations, in_place_equals_out_of_place) {
  check_in_place<layers::Relu>();
  check_in_place<layers::Logistic>();
  check_in_place<layers::Tanh>();
}

TEST(Activations, values_by_hand) {
  const SampleShape one{1, 1, 3};
  const auto run = [&](LayerCase c) {
    c.samples = 1, c.count = 1;
    return run_layer(c, {{{-2, 0, 2}}, {}}, {1, 1, 1});
  };
  EXPECT_EQ(run(case_of<layers::Relu>(one)).output, (Doubles{0, 0, 2}));
  EXPECT_EQ(run(case_of<layers::Relu>(one)).grad_inputs[0], (Doubles{0, 0, 1}));
  EXPECT_NEAR_ARRAY(run(case_of<layers::Logistic>(one)).output, (Doubles{0.1192029220, 0.5, 0.8807970780}), 4, kRoundoffF32);
  EXPECT_NEAR_ARRAY(run(case_of<layers::Logistic>(one)).grad_inputs[0], (Doubles{0.1049935854, 0.25, 0.1049935854}), 4, kRoundoffF32);
  EXPECT_NEAR_ARRAY(run(case_of<layers::Gelu>(one)).output, (Doubles{-0.0455002639, 0, 1.9544997361}), 4, kRoundoffF32);
  EXPECT_NEAR_ARRAY(run(case_of<layers::Gelu>(one)).grad_inputs[0], (Doubles{-0.0852318054, 0.5, 1.0852318054}), 4, kRoundoffF32);
  EXPECT_NEAR_ARRAY(run(case_of<layers::Tanh>(one)).output, (Doubles{-0.9640275801, 0, 0.9640275801}), 4, kRoundoffF32);
  EXPECT_NEAR_ARRAY(run(case_of<layers::Tanh>(one)).grad_inputs[0], (Doubles{0.0706508249, 1, 0.0706508249}), 4, kRoundoffF32);
}

TEST(Activations, relu_rules_for_maps) {
  LayerCase c = case_of<layers::Relu>({1, 1, 4});
  c.samples = 1, c.count = 1, c.mode = layers::Mode::infer;
  const auto back = [&](ReluRule rule) {
    c.relu_rule = rule;
    return run_layer(c, {{{-1, 1, -1, 1}}, {}}, {3, 3, -3, -3}).grad_inputs[0];
  };
  EXPECT_EQ(back(ReluRule::gradient), (Doubles{0, 3, 0, -3}));
  EXPECT_EQ(back(ReluRule::deconvnet), (Doubles{3, 3, 0, 0}));
  EXPECT_EQ(back(ReluRule::guided), (Doubles{0, 3, 0, 0}));
}

}  // namespace
}  // namespace reprise::tests
