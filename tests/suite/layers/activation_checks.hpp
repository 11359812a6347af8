#pragma once
// What the tests of elementwise layers share.

#include <gtest/gtest.h>

#include "tests/suite/layers/channel_counts.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {

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
inline Reference reference_of(const LayerCase& c, Function forward, Gradient gradient) {
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

/// Forward and gradient against the reference in both precisions, and the gradient against difference quotients.
template <class Activation>
void check_activation(Function forward, Gradient gradient) {
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

/// Output and gradient at -2, 0 and 2, for a gradient of 1.
template <class Activation>
LayerResult at_minus_two_zero_two() {
  LayerCase c = case_of<Activation>({1, 1, 3});
  c.samples = 1, c.count = 1;
  return run_layer(c, {{{-2, 0, 2}}, {}}, {1, 1, 1});
}

}  // namespace reprise::tests
