#include "suite/layers/max_pool2d.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/suite/layers/pooling_reference.hpp"

namespace reprise::tests {
namespace {

using layers::MaxPool2d;

LayerCase case_of(MaxPool2d::Options options, SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<MaxPool2d>(options);
  result.inputs = {input};
  result.samples = 3;
  result.count = 2;
  result.precision = precision;
  return result;
}

Reference reference_of(const LayerCase& c, const WindowOptions& o) {
  const kernels::WindowGeometry g = geometry_of(c, o.window, o.stride, o.padding, o.ceil);
  return {sample_by_sample(c, [g](const Doubles& x) { return kernels::reference::max_pool(x, g); }),
          sample_by_sample_back(c, [g](const Doubles& x, const Doubles& dy) { return kernels::reference::max_pool_grad(x, g, dy); }),
          {}};
}

TEST(MaxPool2d, values_by_hand) {
  LayerCase c = case_of({.window = 2, .stride = 2}, {2, 4, 1});
  c.samples = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{{1, 5, 2, 2, 3, 4, 2, -1}}, {}}, {10, 20});
  EXPECT_EQ(result.output, (Doubles{5, 2}));
  EXPECT_EQ(result.grad_inputs[0], (Doubles{0, 10, 20, 0, 0, 0, 0, 0}));  // the first of the equal 2s wins
}

TEST(MaxPool2d, overlapping_windows_add_their_gradients) {
  LayerCase c = case_of({.window = 3, .stride = 1, .padding = 1}, {1, 3, 1});
  c.samples = 1, c.count = 1;
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    c.precision = precision;
    EXPECT_EQ(run_layer(c, {{{1, 9, 2}}, {}}, {1, 2, 4}).grad_inputs[0], (Doubles{0, 7, 0}));
  }
}

TEST(MaxPool2d, padding_never_wins_even_among_negative_values) {
  LayerCase c = case_of({.window = 3, .stride = 2, .padding = 1}, {2, 2, 1});
  c.samples = 1, c.count = 1;
  EXPECT_EQ(run_layer(c, {{{-4, -3, -2, -1}}, {}}).output, (Doubles{-1}));
}

TEST(MaxPool2d, ceil_adds_a_window_but_none_that_begins_behind_the_input) {
  const auto height = [](int extent, int window, int stride, int padding, bool ceil) {
    const SampleShape shape{extent, extent, 1};
    return MaxPool2d({window, stride, padding, ceil}).output_shape(std::span(&shape, 1)).height;
  };
  EXPECT_EQ(height(6, 3, 2, 0, false), 2);
  EXPECT_EQ(height(6, 3, 2, 0, true), 3);
  EXPECT_EQ(height(7, 3, 2, 0, true), 3);
  EXPECT_EQ(height(2, 2, 3, 1, true), 1);  // (2 + 2 - 2) / 3 rounds up to a second window, at 2 >= 2 - 1 + 1: left out
}

TEST(MaxPool2d, equals_the_reference_in_both_precisions) {
  for (const long channels : kChannelCounts)
    for (const WindowOptions& o : kWindowOptions)
      for (const Precision precision : {Precision::f32, Precision::bf16}) {
        const LayerCase c = case_of({o.window, o.stride, o.padding, o.ceil}, {7, 9, channels}, precision);
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, o), {.output = kElementwise, .gradient = sum_of(9)}));
      }
}

TEST(MaxPool2d, gradient_is_the_difference_quotient) {
  for (const WindowOptions& o : kWindowOptions) {
    const LayerCase c = case_of({o.window, o.stride, o.padding, o.ceil}, {5, 6, 3});
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, o), {.output = kElementwise, .gradient = sum_of(9)}));
  }
}

TEST(MaxPool2d, refuses_windows_that_cannot_be) {
  EXPECT_THROW(MaxPool2d({.window = 0}), InputError);
  EXPECT_THROW(MaxPool2d({.window = 17}), InputError);
  EXPECT_THROW(MaxPool2d({.window = 2, .stride = 0}), InputError);
  EXPECT_THROW(MaxPool2d({.window = 3, .stride = 1, .padding = 2}), InputError);
  const std::vector<SampleShape> small{{2, 2, 1}}, two{{4, 4, 1}, {4, 4, 1}};
  EXPECT_THROW(MaxPool2d({.window = 3}).output_shape(small), ShapeError);
  EXPECT_THROW(MaxPool2d({.window = 2}).output_shape(two), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
