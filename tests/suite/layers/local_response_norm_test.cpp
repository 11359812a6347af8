#include "suite/layers/local_response_norm.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/kernels/reference/response_norm.hpp"
#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::LocalResponseNorm;

LayerCase case_of(LocalResponseNorm::Options options, SampleShape input, Precision precision = Precision::f32) {
  return five_samples(std::make_shared<LocalResponseNorm>(options), input, precision);
}

Reference reference_of(const LayerCase& c, const LocalResponseNorm::Options& o) {
  const reference::ResponseNorm norm{c.inputs[0].channels / o.groups, o.window / 2, o.k, o.divided ? o.alpha / o.window : o.alpha, o.beta};
  Reference result;
  result.forward = sample_by_sample(c, [=](const Doubles& x) { return reference::response_norm(norm, x); });
  result.backward =
      sample_by_sample_back(c, [=](const Doubles& x, const Doubles& dy) { return reference::response_norm_grad(norm, x, dy); });
  return result;
}

/// A window's squares, a power of their sum; the gradient sums products over a window that may cancel.
Roundings roundings_of(const LocalResponseNorm::Options& o) {
  return {.output = kTranscendental + sum_of(o.window), .gradient = 2 * (kTranscendental + 2 * sum_of(o.window))};
}

TEST(LocalResponseNorm, three_channels_by_hand) {
  LayerCase c = case_of({.window = 3, .k = 1, .alpha = 1, .beta = 1}, {1, 1, 3});
  c.samples = c.shards = 1, c.count = 1;
  // Sums 1 + 4, 1 + 4 + 9 and 4 + 9; with k 6, 15 and 14.
  const LayerResult result = run_layer(c, {{{1, 2, 3}}, {}}, {1, 0, 0});
  EXPECT_NEAR_ARRAY(result.output, (Doubles{1.0 / 6, 2.0 / 15, 3.0 / 14}), 8, kRoundoffF32);
  // d(a / (1 + a^2 + b^2)) / da = 1/6 - 2/36; / db = -2 * 2 / 36.
  EXPECT_NEAR_ARRAY(result.grad_inputs[0], (Doubles{1.0 / 6 - 2.0 / 36, -4.0 / 36, 0}), 16, kRoundoffF32);
}

/// The numbers of the paper: k 2, window 5, alpha 1e-4, beta 3/4, and five equal values of 100.
TEST(LocalResponseNorm, the_papers_constants_do_not_divide_alpha_by_the_window) {
  LayerCase c = case_of({}, {1, 1, 5});
  c.samples = c.shards = 1, c.count = 1;
  const Doubles sums{3, 4, 5, 4, 3};
  for (const bool divided : {false, true}) {
    c.layer = std::make_shared<LocalResponseNorm>(LocalResponseNorm::Options{.divided = divided});
    Doubles expected;
    for (const double sum : sums) expected.push_back(100 * std::pow(2 + (divided ? 0.2e-4 : 1e-4) * 1e4 * sum, -0.75));
    EXPECT_NEAR_ARRAY(run_layer(c, {{{100, 100, 100, 100, 100}}, {}}).output, expected, kTranscendental, kRoundoffF32);
  }
}

TEST(LocalResponseNorm, equals_the_reference_in_both_precisions) {
  for (const long channels : {2L, 10L, 18L, 32L, 96L})
    for (const int window : {1, 5, 9, 33})
      for (const std::int64_t groups : {1, 2})
        for (const double beta : {0.75, 0.5})
          for (const Precision precision : {Precision::f32, Precision::bf16}) {
            const LocalResponseNorm::Options o{
                .window = window, .k = 1.5, .alpha = 0.3, .beta = beta, .divided = window > 5, .groups = groups};
            const LayerCase c = case_of(o, {3, 2, channels}, precision);
            EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, o), roundings_of(o)));
          }
}

TEST(LocalResponseNorm, gradients_equal_central_differences) {
  for (const long channels : {4L, 20L}) {
    const LocalResponseNorm::Options o{.window = 5, .k = 1, .alpha = 0.5};
    const LayerCase c = case_of(o, {2, 2, channels});
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, o), roundings_of(o)));
  }
}

/// In a net of two columns each normalises its own maps.
TEST(LocalResponseNorm, groups_do_not_see_each_other) {
  LayerCase whole = case_of({.alpha = 0.5, .groups = 2}, {1, 1, 6}), half = case_of({.alpha = 0.5}, {1, 1, 3});
  for (LayerCase* c : {&whole, &half}) c->samples = c->shards = 1, c->count = 1;
  const Doubles six = run_layer(whole, {{{1, 2, 3, 40, 50, 60}}, {}}).output;
  EXPECT_EQ(Doubles(six.begin(), six.begin() + 3), run_layer(half, {{{1, 2, 3}}, {}}).output);
  EXPECT_EQ(Doubles(six.begin() + 3, six.end()), run_layer(half, {{{40, 50, 60}}, {}}).output);
}

TEST(LocalResponseNorm, refuses_what_does_not_fit) {
  EXPECT_THROW(LocalResponseNorm({.window = 4}), InputError);
  EXPECT_THROW(LocalResponseNorm({.window = 35}), InputError);
  EXPECT_THROW(LocalResponseNorm({.k = 0}), InputError);
  EXPECT_THROW(LocalResponseNorm({.alpha = -1}), InputError);
  EXPECT_THROW(LocalResponseNorm({.groups = 2}).output_shape(std::vector<SampleShape>{{2, 2, 5}}), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
