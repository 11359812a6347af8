#include "suite/layers/log_avg_exp_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "suite/errors.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/suite/layers/pooling_reference.hpp"

namespace reprise::tests {
namespace {

using layers::LogAvgExpPool;

LayerCase case_of(LogAvgExpPool::Options options, SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<LogAvgExpPool>(options);
  result.inputs = {input};
  result.samples = 3;
  result.count = 2;
  result.precision = precision;
  return result;
}

/// Temperatures of the channels: fixed, or exp of the parameter.
Doubles temperatures(const LogAvgExpPool::Options& o, const LayerValues& values, std::int64_t channels) {
  Doubles t(static_cast<std::size_t>(channels), o.initial_temperature);
  for (std::size_t c = 0; c < t.size() && o.learned; ++c) t[c] = std::exp(values.parameters[0][o.per_channel ? c : 0]);
  return t;
}

Reference reference_of(const LayerCase& c, const LogAvgExpPool::Options& o) {
  const kernels::WindowGeometry g = geometry_of(c, o.window, o.stride, o.padding, o.ceil);
  Reference reference;
  reference.forward = [=](const LayerValues& values) {
    const Doubles t = temperatures(o, values, g.channels);
    return sample_by_sample(c, [&](const Doubles& x) { return kernels::reference::log_avg_exp(x, g, t, o.subtract_count); })(values);
  };
  reference.backward = [=](const LayerValues& values, const Doubles& grad_output) {
    const Doubles t = temperatures(o, values, g.channels);
    Doubles tau(t.size());
    LayerResult result = sample_by_sample_back(c, [&](const Doubles& x, const Doubles& dy) {
      const auto grads = kernels::reference::log_avg_exp_grad(x, g, t, o.subtract_count, dy);
      for (std::size_t i = 0; i < tau.size(); ++i) tau[i] += grads.tau[i];
      return grads.input;
    })(values, grad_output);
    if (o.learned) result.grad_parameters = {o.per_channel ? tau : Doubles{std::accumulate(tau.begin(), tau.end(), 0.0)}};
    return result;
  };
  return reference;
}

/// Global pooling of the numbers of one channel at temperature t.
struct Pooled {
  double output;
  Doubles grad_input;
  double grad_tau;
};
Pooled pool(const Doubles& x, double t, bool subtract_count = true) {
  LayerCase c =
      case_of({.initial_temperature = 1, .learned = true, .subtract_count = subtract_count}, {1, static_cast<std::int64_t>(x.size()), 1});
  c.samples = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{x}, {{std::log(t)}}}, {1});
  return {result.output[0], result.grad_inputs[0], result.grad_parameters[0][0]};
}

/// exp of a float32 tau: t is off by |tau| <= 7 roundings; outputs here are below 16 and sums have 64 terms at most.
constexpr double kNear = 2e-6;

TEST(LogAvgExpPool, one_to_four_at_four_temperatures) {
  const Doubles x{1, 2, 3, 4};
  EXPECT_NEAR(pool(x, 0.1).output, 3.861375, kNear);
  EXPECT_NEAR(pool(x, 1).output, 3.053895, kNear);
  EXPECT_NEAR(pool(x, 10).output, 2.562412, kNear);
  EXPECT_NEAR(pool(x, 100).output, 2.506250, kNear);
}

TEST(LogAvgExpPool, gradients_of_one_to_four) {
  const Doubles p{0.032059, 0.087144, 0.236883, 0.643914};
  const Pooled one = pool({1, 2, 3, 4}, 1);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(one.grad_input[i], p[i], 1e-6);
  EXPECT_NEAR(one.grad_tau, -0.438757, kNear);
  EXPECT_NEAR(pool({1, 2, 3, 4}, 10).grad_tau, -0.0622355, kNear);
}

TEST(LogAvgExpPool, small_temperature_gives_the_maximum_less_its_ties) {
  EXPECT_NEAR(pool({1, 2, 3, 4}, 1e-3).output, 4 - 1e-3 * std::log(4.0), kNear);
  EXPECT_NEAR(pool({4, 2, 4, 1}, 1e-3).output, 4 - 1e-3 * std::log(2.0), kNear);
  EXPECT_EQ(pool({1, 2, 3, 4}, 1e-3).grad_input, (Doubles{0, 0, 0, 1}));
}

TEST(LogAvgExpPool, large_temperature_gives_the_mean_plus_variance_over_2t) {
  // The variance of 1..4 is 1.25; the next term is of the order of 1 / t^2 = 1e-6.
  EXPECT_NEAR(pool({1, 2, 3, 4}, 1000).output, 2.5 + 1.25 / 2000, kNear);
  EXPECT_NEAR(pool({1, 2, 3, 4}, 1000).grad_tau, -1.25 / 2000, kNear);
  for (const double p : pool({1, 2, 3, 4}, 1000).grad_input) EXPECT_NEAR(p, 0.25, 1e-3);
}

TEST(LogAvgExpPool, lies_between_mean_and_maximum_and_shares_sum_to_one) {
  const Doubles x = random_numbers(3, 50);
  const double mean = std::accumulate(x.begin(), x.end(), 0.0) / 50, largest = *std::max_element(x.begin(), x.end());
  for (const double t : {0.05, 0.3, 1.0, 4.0, 20.0, 1000.0}) {
    const Pooled pooled = pool(x, t);
    EXPECT_GE(pooled.output, mean - kNear);
    EXPECT_LE(pooled.output, largest + kNear);
    EXPECT_LE(pooled.grad_tau, kNear);
    EXPECT_NEAR(std::accumulate(pooled.grad_input.begin(), pooled.grad_input.end(), 0.0), 1, 50 * kRoundoffF32);
    for (const double p : pooled.grad_input) EXPECT_GE(p, 0);
  }
}

TEST(LogAvgExpPool, duplicating_every_operand_changes_nothing_but_log_sum_exp) {
  const Doubles x{0.5, -1, 2};
  const Doubles twice{0.5, -1, 2, 0.5, -1, 2};
  for (const double t : {0.1, 1.0, 5.0}) {
    EXPECT_NEAR(pool(twice, t).output, pool(x, t).output, kNear);
    EXPECT_NEAR(pool(twice, t, false).output, pool(x, t, false).output + t * std::log(2.0), 4 * kNear);
  }
}

TEST(LogAvgExpPool, shifting_the_operands_shifts_the_output) {
  const Doubles x{0.5, -1, 2}, shifted{8.5, 7, 10};
  for (const double t : {0.1, 1.0, 5.0}) EXPECT_NEAR(pool(shifted, t).output, pool(x, t).output + 8, 4 * kNear);
}

TEST(LogAvgExpPool, scaling_operands_and_temperature_scales_the_output) {
  const Doubles x{0.5, -1, 2}, fourfold{2, -4, 8};
  for (const double t : {0.1, 1.0, 5.0}) EXPECT_NEAR(pool(fourfold, 4 * t).output, 4 * pool(x, t).output, 8 * kNear);
}

TEST(LogAvgExpPool, increases_in_every_operand) {
  const Doubles x{0.5, -1, 2};
  for (std::size_t i = 0; i < 3; ++i) {
    Doubles more = x;
    more[i] += 0.25;
    EXPECT_GT(pool(more, 1).output, pool(x, 1).output);
  }
}

TEST(LogAvgExpPool, grad_tau_is_t_times_the_derivative_by_t) {
  // dy/dt = -KL(p || uniform): -0.438757 at t = 1, -0.0062235 at t = 10.
  for (const auto& [t, slope] : {std::pair{1.0, -0.438757}, {10.0, -0.0062235}}) {
    const Pooled pooled = pool({1, 2, 3, 4}, t);
    double divergence = 0;
    for (const double p : pooled.grad_input) divergence += p * std::log(4 * p);
    EXPECT_NEAR(pooled.grad_tau / t, slope, 2e-6);
    EXPECT_NEAR(-divergence, slope, 2e-6);
  }
}

TEST(LogAvgExpPool, padding_takes_no_part) {
  LayerCase c = case_of({.window = 3, .stride = 2, .padding = 1}, {1, 2, 1});
  c.samples = 1, c.count = 1;
  // One window over both cells: log of the mean of two exponentials, not of nine.
  EXPECT_NEAR(run_layer(c, {{{1, 2}}, {}}).output[0], std::log((std::exp(1.0) + std::exp(2.0)) / 2), kNear);
}

TEST(LogAvgExpPool, equals_the_reference_in_both_precisions) {
  for (const long channels : kChannelCounts)
    for (const WindowOptions& o : kWindowOptions)
      for (const Precision precision : {Precision::f32, Precision::bf16})
        for (const bool per_channel : {false, true}) {
          const LogAvgExpPool::Options options{o.window, o.stride, o.padding, o.ceil, 0.5, per_channel, per_channel, channels % 2 == 0};
          const LayerCase c = case_of(options, {5, 7, channels}, precision);
          EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, options), {.output = sum_of(25), .gradient = 2 * sum_of(25)}));
        }
}

TEST(LogAvgExpPool, global_pooling_equals_the_reference) {
  for (const long channels : kChannelCounts)
    for (const double t : {0.05, 1.0, 20.0}) {
      const LogAvgExpPool::Options options{.initial_temperature = t};
      const LayerCase c = case_of(options, {8, 8, channels});
      // Sums of 64 terms; an exponent near |x| / t = 4 / t is rounded before exp magnifies it.
      EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, options), {.output = sum_of(64), .gradient = sum_of(64) + 8 / t}));
    }
}

TEST(LogAvgExpPool, gradient_is_the_difference_quotient) {
  for (const WindowOptions& o : kWindowOptions)
    for (const bool per_channel : {false, true}) {
      const LogAvgExpPool::Options options{o.window, o.stride, o.padding, o.ceil, 1, true, per_channel, true};
      const LayerCase c = case_of(options, {4, 5, 3});
      EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, options), {.output = sum_of(25), .gradient = 2 * sum_of(25)}));
    }
}

TEST(LogAvgExpPool, tau_starts_at_the_temperature_is_bounded_and_does_not_decay) {
  const std::vector<SampleShape> input{{4, 4, 6}};
  EXPECT_TRUE(LogAvgExpPool({}).parameters(input).empty());
  const auto one = LogAvgExpPool({.initial_temperature = 2, .learned = true}).parameters(input);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].name, "tau");
  EXPECT_EQ(one[0].count(), 1);
  EXPECT_DOUBLE_EQ(one[0].initialisation.value, std::log(2.0));
  EXPECT_FALSE(one[0].decays);
  EXPECT_DOUBLE_EQ(one[0].lower, std::log(1e-3));
  EXPECT_DOUBLE_EQ(one[0].upper, std::log(1e3));
  EXPECT_EQ(LogAvgExpPool({.learned = true, .per_channel = true}).parameters(input)[0].count(), 6);
}

TEST(LogAvgExpPool, refuses_temperatures_out_of_range) {
  for (const double t : {0.0, -1.0, 1e-4, 1e4, std::nan("")}) EXPECT_THROW(LogAvgExpPool({.initial_temperature = t}), InputError) << t;
}

}  // namespace
}  // namespace reprise::tests
