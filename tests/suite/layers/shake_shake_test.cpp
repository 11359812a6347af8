#include "suite/layers/shake_shake.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/random/random.hpp"
#include "tests/suite/layers/sample_reference.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

using layers::Mode;
using layers::ShakeShake;
using Weight = ShakeShake::Weight;

LayerCase case_of(const ShakeShake::Options& options, SampleShape shape, Precision precision = Precision::f32) {
  LayerCase c;
  c.layer = std::make_shared<ShakeShake>(options);
  c.inputs = {shape, shape};
  c.samples = 3, c.shards = 2, c.count = 5;
  c.precision = precision;
  c.seed = 99, c.step = 7;
  return c;
}

double uniform(std::uint32_t word) {
  return static_cast<double>(word >> 8) * 0x1p-24;
}

struct Pair {
  double forward, backward;
};
Pair weights(const LayerCase& c, const ShakeShake::Options& o, std::int64_t slot) {
  if (c.mode == Mode::infer) return {0.5, 0.5};
  const auto purpose = c.mode == Mode::train ? random::Purpose::dropout : random::Purpose::monte_carlo;
  const std::uint64_t sample = o.per_image ? static_cast<std::uint64_t>(slot) : ~std::uint64_t{0};
  const auto words = random::words({c.seed, purpose, 3, c.step, sample}, 0);
  const double forward = o.forward == Weight::even ? 0.5 : uniform(words[0]);
  if (o.backward == Weight::keep) return {forward, forward};
  return {forward, o.backward == Weight::even ? 0.5 : uniform(words[1])};
}

Reference reference_of(const LayerCase& c, const ShakeShake::Options& o) {
  const std::int64_t size = c.inputs[0].size();
  const auto slot = [size](std::size_t i) { return static_cast<std::int64_t>(i) / size; };
  Reference result;
  result.forward = [=](const LayerValues& v) {
    Doubles output(v.inputs[0].size());
    for (std::size_t i = 0; i < output.size(); ++i) {
      const double a = weights(c, o, slot(i)).forward;
      output[i] = a * v.inputs[0][i] + (1 - a) * v.inputs[1][i];
    }
    return output;
  };
  result.backward = [=](const LayerValues&, const Doubles& grad_output) {
    LayerResult back;
    back.grad_inputs.assign(2, Doubles(grad_output.size()));
    for (std::size_t i = 0; i < grad_output.size(); ++i) {
      const double b = weights(c, o, slot(i)).backward;
      back.grad_inputs[0][i] = b * grad_output[i];
      back.grad_inputs[1][i] = (1 - b) * grad_output[i];
    }
    return back;
  };
  return result;
}

TEST(ShakeShake, values_and_shared_gradients_equal_the_formula_under_every_rule) {
  for (const Mode mode : {Mode::train, Mode::infer, Mode::infer_with_dropout})
    for (const Precision precision : {Precision::f32, Precision::bf16})
      for (const Weight forward : {Weight::even, Weight::shake})
        for (const Weight backward : {Weight::even, Weight::shake, Weight::keep})
          for (const bool per_image : {true, false}) {
            const ShakeShake::Options options{forward, backward, per_image};
            LayerCase c = case_of(options, {3, 5, 7}, precision);
            c.mode = mode;
            EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, options), {}));
            // Only where the weights are the same both ways is it a derivative.
            if (precision == Precision::f32 && (backward == Weight::keep || mode == Mode::infer))
              EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, options), {}));
          }
}

TEST(ShakeShake, another_weight_on_the_way_back_is_no_derivative) {
  const ShakeShake::Options options{};
  const LayerCase c = case_of(options, {1, 1, 1});
  for (std::int64_t slot = 0; slot < 5; ++slot) {
    const Pair w = weights(c, options, slot);
    EXPECT_GT(std::abs(w.forward - w.backward), 1e-3);
  }
}

TEST(ShakeShake, weights_of_images_are_uniform_and_have_mean_one_half) {
  constexpr int kImages = 4096;
  LayerCase c = case_of({}, {1, 1, 1});
  c.samples = kImages, c.shards = 1, c.count = kImages;
  const Doubles weights = run_layer(c, {{Doubles(kImages, 1.0), Doubles(kImages, 0.0)}, {}}).output;
  double mean = 0, square = 0, below_a_quarter = 0;
  for (const double w : weights) mean += w / kImages, square += w * w / kImages, below_a_quarter += w < 0.25;
  EXPECT_NEAR(mean, 0.5, 5 * std::sqrt(1.0 / 12 / kImages));
  EXPECT_NEAR(square, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / kImages));  // variance of a square: 1/5 - 1/9
  EXPECT_NEAR(below_a_quarter, kImages / 4.0, 5 * std::sqrt(kImages * 3 / 16.0));
}

TEST(ShakeShake, one_weight_for_the_batch_unless_it_is_drawn_for_each_image) {
  for (const bool per_image : {true, false}) {
    LayerCase c = case_of({.per_image = per_image}, {1, 1, 1});
    const Doubles output = run_layer(c, {{Doubles(6, 1.0), Doubles(6, 0.0)}, {}}).output;
    EXPECT_EQ(output[0] == output[4], !per_image);  // slots of two shards
    EXPECT_EQ(output[0] == output[1], !per_image);
  }
}

TEST(ShakeShake, draws_do_not_depend_on_the_cut_into_shards) {
  expect_draws_do_not_depend_on_shards(case_of({}, {2, 2, 3}));
}

TEST(ShakeShake, refuses_a_forward_pass_that_keeps_and_branches_of_two_shapes) {
  EXPECT_THROW(ShakeShake({.forward = Weight::keep}), InputError);
  const std::vector<SampleShape> shapes{{1, 1, 2}, {1, 1, 3}};
  EXPECT_THROW(ShakeShake({}).output_shape(shapes), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
