#include "suite/layers/dropout.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/random/random.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

using layers::Dropout;
using layers::DropoutForm;
using layers::Mode;

constexpr DropoutForm kForms[] = {DropoutForm::non_inverted, DropoutForm::inverted, DropoutForm::gaussian};

LayerCase case_of(Dropout::Options options, SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<Dropout>(options);
  result.inputs = {input};
  result.samples = 3;
  result.shards = 2;
  result.count = 5;
  result.precision = precision;
  result.seed = 99;
  return result;
}

Doubles ones(const LayerCase& c) {
  return Doubles(static_cast<std::size_t>(c.inputs[0].size() * c.rows()), 1.0);
}

/// The factors of every value.
Doubles factors(const LayerCase& c) {
  return run_layer(c, {{ones(c)}, {}}).output;
}

TEST(Dropout, factors_are_the_draws_of_each_slot) {
  const std::int64_t size = 150;
  LayerCase c = case_of({.keep = 0.25, .form = DropoutForm::inverted}, {1, 1, size});
  c.step = 77;
  for (const Mode mode : {Mode::train, Mode::infer_with_dropout}) {
    c.mode = mode;
    const Doubles found = factors(c);
    const auto purpose = mode == Mode::train ? random::Purpose::dropout : random::Purpose::monte_carlo;
    for (std::int64_t slot = 0; slot < c.rows(); ++slot)
      for (std::int64_t e = 0; e < size; ++e) {
        const random::Stream stream{99, purpose, 3, 77, static_cast<std::uint64_t>(slot)};
        const std::int64_t word = e % 128 / 2;
        const auto drawn = random::words(stream, static_cast<std::uint32_t>(e / 128 * 16 + word % 16))[static_cast<std::size_t>(word / 16)];
        const std::uint32_t draw = e % 2 == 0 ? drawn & 0xFFFF : drawn >> 16;
        EXPECT_EQ(found[static_cast<std::size_t>(slot * size + e)], draw < 16384 ? 4 : 0);
      }
  }
}

TEST(Dropout, inference_multiplies_by_the_mean_of_the_training_factor) {
  for (const DropoutForm form : kForms) {
    LayerCase c = case_of({.keep = 0.75, .form = form}, {8, 8, 64});
    double mean = 0;
    const Doubles drawn = factors(c);
    for (const double m : drawn) mean += m / static_cast<double>(drawn.size());
    c.mode = Mode::infer;
    const Doubles fixed = factors(c);
    EXPECT_EQ(fixed, Doubles(fixed.size(), form == DropoutForm::non_inverted ? 0.75 : 1.0));
    // Standard deviation of a factor at most sqrt(1/3); five standard errors of 24576 values.
    EXPECT_NEAR(mean, fixed[0], 5 * std::sqrt(1.0 / 3) / std::sqrt(24576.0));
  }
}

TEST(Dropout, gaussian_factors_have_variance_one_minus_keep_over_keep) {
  const LayerCase c = case_of({.keep = 0.8, .form = DropoutForm::gaussian}, {8, 8, 64});
  double square = 0;
  const Doubles drawn = factors(c);
  for (const double m : drawn) square += (m - 1) * (m - 1) / static_cast<double>(drawn.size());
  EXPECT_NEAR(square, 0.25, 5 * 0.25 * std::sqrt(2.0 / 24576));  // five standard errors of a variance
}

TEST(Dropout, backward_draws_the_same_factors) {
  for (const DropoutForm form : kForms)
    for (const Precision precision : {Precision::f32, Precision::bf16})
      for (const Mode mode : {Mode::train, Mode::infer, Mode::infer_with_dropout})
        for (const long channels : kChannelCounts) {
          LayerCase c = case_of({.keep = 0.6, .form = form}, {3, 5, channels}, precision);
          c.mode = mode;
          const LayerResult result = run_layer(c, {{ones(c)}, {}}, ones(c));
          EXPECT_EQ(result.grad_inputs[0], result.output);
        }
}

TEST(Dropout, output_and_gradient_are_the_products) {
  for (const DropoutForm form : kForms)
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      const LayerCase c = case_of({.keep = 0.6, .form = form}, {3, 5, 17}, precision);
      LayerCase exact = c;
      exact.precision = Precision::f32;
      const Doubles m = factors(exact);
      Reference reference;
      reference.forward = [m](const LayerValues& v) {
        Doubles output;
        for (std::size_t i = 0; i < m.size(); ++i) output.push_back(m[i] * v.inputs[0][i]);
        return output;
      };
      reference.backward = [m](const LayerValues&, const Doubles& grad) {
        LayerResult back;
        back.grad_inputs.emplace_back();
        for (std::size_t i = 0; i < m.size(); ++i) back.grad_inputs[0].push_back(m[i] * grad[i]);
        return back;
      };
      EXPECT_WITHIN_TOLERANCE(against_reference(c, reference, {}));
      if (precision == Precision::f32) EXPECT_WITHIN_TOLERANCE(against_differences(c, reference, {}));
    }
}

TEST(Dropout, masks_do_not_depend_on_the_cut_into_shards) {
  LayerCase two = case_of({.keep = 0.5}, {2, 2, 20}), six = two;
  six.samples = 1, six.shards = 6;
  EXPECT_EQ(factors(two), factors(six));
}

TEST(Dropout, samples_and_steps_have_their_own_masks) {
  LayerCase c = case_of({.keep = 0.5}, {1, 1, 64});
  const Doubles first = factors(c);
  EXPECT_NE(Doubles(first.begin(), first.begin() + 64), Doubles(first.begin() + 64, first.begin() + 128));
  c.step = 1;
  EXPECT_NE(factors(c), first);
}

TEST(Dropout, in_place_equals_out_of_place) {
  for (const DropoutForm form : kForms) {
    LayerCase c = case_of({.keep = 0.6, .form = form}, {3, 5, 17});
    const LayerValues values = random_values(c, 1);
    const Doubles grad = random_grad_output(c, 2);
    const LayerResult apart = run_layer(c, values, grad);
    c.in_place = true;
    const LayerResult together = run_layer(c, values, grad);
    EXPECT_EQ(together.output, apart.output);
    EXPECT_EQ(together.grad_inputs, apart.grad_inputs);
  }
}

TEST(Dropout, keeping_everything_changes_nothing) {
  for (const DropoutForm form : kForms) {
    const LayerCase c = case_of({.keep = 1, .form = form}, {3, 5, 7});
    EXPECT_EQ(factors(c), ones(c));
  }
}

TEST(Dropout, refuses_probabilities_out_of_range) {
  for (const double keep : {0.0, -0.5, 1.5, std::nan("")}) EXPECT_THROW(Dropout({.keep = keep}), InputError) << keep;
}

}  // namespace
}  // namespace reprise::tests
