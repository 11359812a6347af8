#include "suite/layers/max_dropout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"
#include "suite/random/random.hpp"
#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

using layers::MaxDropout;
using layers::Mode;

LayerCase case_of(double rate, SampleShape input, Precision precision = Precision::f32) {
  LayerCase c = five_samples(std::make_shared<MaxDropout>(MaxDropout::Options{.rate = rate}), input, precision);
  c.seed = 99, c.step = 7;
  return c;
}

/// The step's share r.
double drawn_share(const LayerCase& c, double rate) {
  const auto purpose = c.mode == Mode::train ? random::Purpose::dropout : random::Purpose::monte_carlo;
  return rate * static_cast<double>(random::words({c.seed, purpose, 3, c.step, ~std::uint64_t{0}}, 0)[0] >> 8) * 0x1p-24;
}

Reference reference_of(const LayerCase& c, double rate) {
  const auto pass = [=](const Doubles& x, Doubles values) {
    if (c.mode == Mode::infer) return values;
    const auto [least, most] = std::minmax_element(x.begin(), x.end());
    for (std::size_t i = 0; i < x.size(); ++i)
      if ((x[i] - *least) / (*most - *least) > 1 - drawn_share(c, rate)) values[i] = 0;
    return values;
  };
  return of_samples(
      c, [=](const Doubles& x, std::int64_t, const auto&) { return pass(x, x); },
      [=](const Doubles& x, std::int64_t, const auto&, const Doubles& dy) { return std::vector<Doubles>{pass(x, dy)}; });
}

TEST(MaxDropout, the_largest_values_of_each_sample_are_dropped) {
  for (const Mode mode : {Mode::train, Mode::infer, Mode::infer_with_dropout})
    for (const Precision precision : {Precision::f32, Precision::bf16})
      for (const double rate : {0.0, 0.3, 0.9}) {
        LayerCase c = case_of(rate, {3, 5, 7}, precision);
        c.mode = mode;
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, rate), {}));
      }
}

TEST(MaxDropout, by_hand) {
  LayerCase c = case_of(0.5, {1, 1, 5});
  c.samples = 1, c.shards = 1, c.count = 1;
  const double border = 3 + (1 - drawn_share(c, 0.5)) * 8;  // of values from 3 to 11
  const Doubles input{3, border - 0.01, 11, border + 0.01, 5};
  const LayerResult result = run_layer(c, {{input}, {}}, {1, 2, 3, 4, 5});
  EXPECT_EQ(result.output[0], 3);
  EXPECT_NEAR(result.output[1], border - 0.01, 1e-6);
  EXPECT_EQ(result.output[2], 0);
  EXPECT_EQ(result.output[3], 0);
  EXPECT_EQ(result.grad_inputs[0], (Doubles{1, 2, 0, 0, 5}));
}

TEST(MaxDropout, of_evenly_spread_values_half_the_rate_is_dropped_on_average) {
  constexpr int kValues = 1000, kSteps = 400;
  Doubles even;
  for (int i = 0; i < kValues; ++i) even.push_back(i);
  double mean = 0, most = 0;
  for (int step = 0; step < kSteps; ++step) {
    LayerCase c = case_of(0.4, {1, 1, kValues});
    c.samples = 1, c.shards = 1, c.count = 1, c.step = static_cast<std::uint64_t>(step);
    const Doubles output = run_layer(c, {{even}, {}}).output;
    const double share = static_cast<double>(std::count(output.begin() + 1, output.end(), 0.0)) / kValues;
    mean += share / kSteps, most = std::max(most, share);
  }
  EXPECT_NEAR(mean, 0.2, 5 * 0.4 / std::sqrt(12.0 * kSteps));  // deviation of a uniform draw
  EXPECT_LE(most, 0.4);
  EXPECT_GT(most, 0.39);
}

TEST(MaxDropout, draws_do_not_depend_on_the_cut_into_shards) {
  expect_draws_do_not_depend_on_shards(case_of(0.9, {2, 2, 3}));
}

TEST(MaxDropout, refuses_rates_out_of_range) {
  for (const double rate : {-0.1, 1.0, std::nan("")}) EXPECT_THROW(MaxDropout({.rate = rate}), InputError) << rate;
}

}  // namespace
}  // namespace reprise::tests
