#include "suite/layers/feature_mix.hpp"

#include <gtest/gtest.h>

#include "suite/errors.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

using layers::FeatureMix;
using layers::Mode;
using layers::RowMixing;

/// Two shards of three rows, the last of them padding.
LayerCase case_of(const RowMixing* mixing, SampleShape shape, Precision precision = Precision::f32) {
  LayerCase c;
  c.layer = std::make_shared<FeatureMix>(FeatureMix::Options{.place = 1});
  c.inputs = {shape};
  c.samples = 3, c.shards = 2, c.count = 5;
  c.precision = precision;
  c.mixing = mixing;
  return c;
}

const RowMixing kMixing{.place = 1, .share = 0.75f, .partners = {2, 1, 0, 4, 3}};

Reference reference_of(const LayerCase& c, const RowMixing& mixing) {
  const auto size = static_cast<std::size_t>(c.inputs[0].size());
  const auto partner = [=](std::size_t n) { return n < mixing.partners.size() ? static_cast<std::size_t>(mixing.partners[n]) : n; };
  const double share = static_cast<double>(mixing.share);
  Reference result;
  result.forward = [=](const LayerValues& v) {
    Doubles output(v.inputs[0].size());
    for (std::size_t i = 0; i < output.size(); ++i)
      output[i] = share * v.inputs[0][i] + (1 - share) * v.inputs[0][partner(i / size) * size + i % size];
    return output;
  };
  result.backward = [=](const LayerValues&, const Doubles& grad_output) {
    LayerResult back;
    back.grad_inputs.assign(1, Doubles(grad_output.size()));
    for (std::size_t i = 0; i < grad_output.size(); ++i) {
      back.grad_inputs[0][i] += share * grad_output[i];
      back.grad_inputs[0][partner(i / size) * size + i % size] += (1 - share) * grad_output[i];
    }
    return back;
  };
  return result;
}

TEST(FeatureMix, rows_are_mixed_with_their_partners) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    const LayerCase c = case_of(&kMixing, {3, 5, 7}, precision);
    EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, kMixing), {}));
    if (precision == Precision::f32) EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, kMixing), {}));
  }
  // A cycle, so that a partner's partner is another row.
  const RowMixing cycle{.place = 1, .share = 0.25f, .partners = {1, 2, 0, 4, 3}};
  const LayerCase c = case_of(&cycle, {2, 2, 3});
  EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, cycle), {}));
  EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, cycle), {}));
}

TEST(FeatureMix, by_hand) {
  const LayerCase c = case_of(&kMixing, {1, 1, 1});
  const LayerResult result = run_layer(c, {{{4, 8, 12, 16, 20, 0}}, {}}, {4, 8, 12, 16, 20, 0});
  EXPECT_EQ(result.output, (Doubles{6, 8, 10, 17, 19, 0}));
  EXPECT_EQ(result.grad_inputs[0], (Doubles{6, 8, 10, 17, 19, 0}));
}

TEST(FeatureMix, another_place_inference_and_no_mixing_leave_rows_alone) {
  RowMixing elsewhere = kMixing;
  elsewhere.place = 0;
  LayerCase inferring = case_of(&kMixing, {1, 1, 2});
  inferring.mode = Mode::infer;
  for (const LayerCase& c : {case_of(&elsewhere, {1, 1, 2}), case_of(nullptr, {1, 1, 2}), inferring}) {
    const LayerValues values = random_values(c, 5);
    const Doubles grad = random_grad_output(c, 6);
    const LayerResult result = run_layer(c, values, grad);
    EXPECT_NEAR_ARRAY(result.output, values.inputs[0], 1, kRoundoffF32);
    EXPECT_NEAR_ARRAY(result.grad_inputs[0], grad, 1, kRoundoffF32);
  }
}

TEST(FeatureMix, refuses_negative_places) {
  EXPECT_THROW(FeatureMix({.place = -1}), InputError);
}

}  // namespace
}  // namespace reprise::tests
