#include "suite/layers/shake_drop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"
#include "suite/random/random.hpp"
#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

using layers::Mode;
using layers::ShakeDrop;

LayerCase case_of(const ShakeDrop::Options& options, SampleShape input, Precision precision = Precision::f32) {
  LayerCase c = five_samples(std::make_shared<ShakeDrop>(options), input, precision);
  c.seed = 99, c.step = 7;
  return c;
}

struct Pair {
  double forward, backward;
};
/// The factors of the sample in a slot.
Pair factors(const LayerCase& c, const ShakeDrop::Options& o, std::int64_t slot) {
  if (c.mode == Mode::infer) {
    const double mean = o.keep + (1 - o.keep) * (o.alpha.low + o.alpha.high) / 2;
    return {mean, mean};
  }
  const auto purpose = c.mode == Mode::train ? random::Purpose::dropout : random::Purpose::monte_carlo;
  const auto words = random::words({c.seed, purpose, 3, c.step, static_cast<std::uint64_t>(slot)}, 0);
  const auto uniform = [&](std::size_t i) { return static_cast<double>(words[i] >> 8) * 0x1p-24; };
  const double b = uniform(0) < o.keep ? 1 : 0;
  const double alpha = o.alpha.low + (o.alpha.high - o.alpha.low) * uniform(1);
  const double beta = o.beta.low + (o.beta.high - o.beta.low) * uniform(2);
  return {b + alpha - b * alpha, b + beta - b * beta};
}

Reference reference_of(const LayerCase& c, const ShakeDrop::Options& o) {
  const auto times = [](Doubles x, double factor) {
    for (double& value : x) value *= factor;
    return x;
  };
  return of_samples(
      c, [=](const Doubles& x, std::int64_t n, const auto&) { return times(x, factors(c, o, n).forward); },
      [=](const Doubles&, std::int64_t n, const auto&, const Doubles& dy) {
        return std::vector<Doubles>{times(dy, factors(c, o, n).backward)};
      });
}

TEST(ShakeDrop, values_and_gradients_equal_the_formula) {
  for (const Mode mode : {Mode::train, Mode::infer, Mode::infer_with_dropout})
    for (const Precision precision : {Precision::f32, Precision::bf16})
      for (const ShakeDrop::Options& options :
           {ShakeDrop::Options{.keep = 0.5}, {.keep = 0.25}, {.keep = 0.25, .alpha = {0.5, 0.5}, .beta = {0.5, 0.5}}, {.keep = 1}}) {
        LayerCase c = case_of(options, {3, 5, 7}, precision);
        c.mode = mode;
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, options), {}));
        // A derivative where both ranges are one number, and when inferring.
        if (precision == Precision::f32 && (mode == Mode::infer || options.alpha.low == options.alpha.high || options.keep == 1))
          EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, options), {}));
      }
}

TEST(ShakeDrop, survivors_and_the_mean_are_what_the_probability_says) {
  constexpr int kImages = 8192;
  for (const double keep : {0.5, 0.8}) {
    LayerCase c = case_of({.keep = keep}, {1, 1, 1});
    c.samples = kImages, c.shards = 1, c.count = kImages;
    const LayerResult result = run_layer(c, {{Doubles(kImages, 1.0)}, {}}, Doubles(kImages, 1.0));
    double survivors = 0, mean = 0, back = 0, least = 1;
    for (const double value : result.output) survivors += value == 1, mean += value / kImages, least = std::min(least, value);
    for (const double value : result.grad_inputs[0]) {
      back += value / kImages;
      EXPECT_GE(value, 0);
    }
    const double deviation = 1 / std::sqrt(static_cast<double>(kImages));  // of a mean of numbers within [-1, 1], at most
    EXPECT_NEAR(survivors / kImages, keep, 5 * std::sqrt(keep * (1 - keep)) * deviation);
    EXPECT_NEAR(mean, keep, 5 * deviation);
    EXPECT_NEAR(back, keep + (1 - keep) / 2, 5 * deviation);
    EXPECT_LT(least, -0.9);  // branches are turned round, too
    c.mode = Mode::infer;
    for (const double value : run_layer(c, {{Doubles(kImages, 1.0)}, {}}).output) ASSERT_EQ(value, static_cast<float>(keep));
  }
}

TEST(ShakeDrop, draws_do_not_depend_on_the_cut_into_shards) {
  expect_draws_do_not_depend_on_shards(case_of({}, {2, 2, 3}));
}

TEST(ShakeDrop, refuses_probabilities_and_ranges_that_make_no_sense) {
  for (const double keep : {0.0, 1.5, std::nan("")}) EXPECT_THROW(ShakeDrop({.keep = keep}), InputError) << keep;
  EXPECT_THROW(ShakeDrop({.keep = 0.5, .alpha = {1, -1}}), InputError);
}

}  // namespace
}  // namespace reprise::tests
