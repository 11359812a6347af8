#include "suite/layers/drop_path.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/random/random.hpp"
#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

using layers::DropPath;
using layers::Mode;

LayerCase case_of(double keep, SampleShape input, Precision precision = Precision::f32) {
  LayerCase c = five_samples(std::make_shared<DropPath>(DropPath::Options{.keep = keep}), input, precision);
  c.seed = 99, c.step = 7;
  return c;
}

/// The factor of the sample in a slot.
double factor(const LayerCase& c, double keep, std::int64_t slot) {
  if (c.mode == Mode::infer) return 1;
  const auto purpose = c.mode == Mode::train ? random::Purpose::dropout : random::Purpose::monte_carlo;
  const auto word = random::words({c.seed, purpose, 3, c.step, static_cast<std::uint64_t>(slot)}, 0)[0];
  return static_cast<double>(word >> 8) * 0x1p-24 < keep ? 1 / keep : 0;
}

Reference reference_of(const LayerCase& c, double keep) {
  const auto times = [c, keep](Doubles x, std::int64_t n) {
    for (double& value : x) value *= factor(c, keep, n);
    return x;
  };
  return of_samples(
      c, [=](const Doubles& x, std::int64_t n, const auto&) { return times(x, n); },
      [=](const Doubles&, std::int64_t n, const auto&, const Doubles& dy) { return std::vector<Doubles>{times(dy, n)}; });
}

TEST(DropPath, a_sample_is_kept_or_dropped_as_a_whole) {
  for (const Mode mode : {Mode::train, Mode::infer, Mode::infer_with_dropout})
    for (const Precision precision : {Precision::f32, Precision::bf16})
      for (const double keep : {0.3, 0.75, 1.0}) {
        LayerCase c = case_of(keep, {3, 5, 7}, precision);
        c.mode = mode;
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, keep), {}));
        if (precision == Precision::f32) EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, keep), {}));
      }
}

TEST(DropPath, survivors_are_as_many_as_the_probability_says) {
  LayerCase c = case_of(0.8, {1, 1, 1});
  c.samples = 4096, c.shards = 1, c.count = 4096;
  const Doubles output = run_layer(c, {{Doubles(4096, 1.0)}, {}}).output;
  double survivors = 0, mean = 0;
  for (const double value : output) survivors += value > 0, mean += value / 4096;
  const double deviation = std::sqrt(0.8 * 0.2 / 4096);  // of a share of independent draws
  EXPECT_NEAR(survivors / 4096, 0.8, 4 * deviation);
  EXPECT_NEAR(mean, 1, 4 * deviation / 0.8);  // what is left is scaled up
}

TEST(DropPath, a_dropped_branch_hides_what_is_no_number) {
  LayerCase c = case_of(0.01, {1, 1, 1});
  c.samples = 64, c.shards = 1, c.count = 64;
  std::int64_t hidden = 0;
  for (const double value : run_layer(c, {{Doubles(64, std::nan(""))}, {}}).output) hidden += value == 0;
  EXPECT_GT(hidden, 50);
}

TEST(DropPath, draws_do_not_depend_on_the_cut_into_shards) {
  expect_draws_do_not_depend_on_shards(case_of(0.5, {2, 2, 3}));
}

TEST(DropPath, refuses_probabilities_out_of_range) {
  for (const double keep : {0.0, -0.5, 1.5, std::nan("")}) EXPECT_THROW(DropPath({.keep = keep}), InputError) << keep;
}

}  // namespace
}  // namespace reprise::tests
