#include "suite/layers/average_pool2d.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/suite/layers/pooling_reference.hpp"

namespace reprise::tests {
namespace {

using layers::AveragePool2d;

LayerCase case_of(AveragePool2d::Options options, SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<AveragePool2d>(options);
  result.inputs = {input};
  result.samples = 3;
  result.count = 2;
  result.precision = precision;
  return result;
}

Reference reference_of(const LayerCase& c, const WindowOptions& o) {
  const kernels::WindowGeometry g = geometry_of(c, o.window, o.stride, o.padding, o.ceil);
  return {sample_by_sample(c, [g](const Doubles& x) { return kernels::reference::average_pool(x, g); }),
          sample_by_sample_back(c, [g](const Doubles&, const Doubles& dy) { return kernels::reference::average_pool_grad(g, dy); }),
          {}};
}

TEST(AveragePool2d, padding_is_not_counted) {
  LayerCase c = case_of({.window = 3, .stride = 2, .padding = 1}, {2, 3, 1});
  c.samples = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{{1, 2, 3, 4, 5, 6}}, {}}, {4, 8});
  EXPECT_EQ(result.output, (Doubles{3, 4}));
  EXPECT_EQ(result.grad_inputs[0], (Doubles{1, 3, 2, 1, 3, 2}));
}

TEST(AveragePool2d, padding_counts_as_zeros_when_asked) {
  LayerCase c = case_of({.window = 3, .stride = 2, .padding = 1, .counts_padding = true}, {2, 3, 1});
  c.samples = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{{9, 18, 27, 36, 45, 54}}, {}}, {9, 18});
  EXPECT_NEAR_ARRAY(result.output, (Doubles{12, 16}), kElementwise, kRoundoffF32);
  EXPECT_NEAR_ARRAY(result.grad_inputs[0], (Doubles{1, 3, 2, 1, 3, 2}), kElementwise, kRoundoffF32);
}

TEST(AveragePool2d, equals_the_reference_in_both_precisions) {
  for (const long channels : kChannelCounts)
    for (const WindowOptions& o : kWindowOptions)
      for (const Precision precision : {Precision::f32, Precision::bf16}) {
        const LayerCase c = case_of({o.window, o.stride, o.padding, o.ceil}, {7, 9, channels}, precision);
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, o), {.output = sum_of(25), .gradient = sum_of(9)}));
      }
}

TEST(AveragePool2d, gradient_is_the_difference_quotient) {
  for (const WindowOptions& o : kWindowOptions) {
    const LayerCase c = case_of({o.window, o.stride, o.padding, o.ceil}, {5, 6, 3});
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, o), {.output = sum_of(25), .gradient = sum_of(9)}));
  }
}

TEST(AveragePool2d, refuses_windows_that_cannot_be) {
  EXPECT_THROW(AveragePool2d({.window = 0}), InputError);
  EXPECT_THROW(AveragePool2d({.window = 3, .stride = 1, .padding = 2}), InputError);
}

}  // namespace
}  // namespace reprise::tests
