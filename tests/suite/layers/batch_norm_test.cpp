#include "suite/layers/batch_norm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "suite/errors.hpp"
#include "suite/kernels/reference/elementwise.hpp"
#include "tests/suite/layers/channel_counts.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::BatchNorm;
using layers::Mode;

LayerCase case_of(BatchNorm::Options options, SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<BatchNorm>(options);
  result.inputs = {input};
  result.samples = 4;
  result.shards = 2;
  result.count = 6;  // the second shard is half padding
  result.precision = precision;
  return result;
}

Reference reference_of(const LayerCase& c, const BatchNorm::Options& o) {
  const auto valid = static_cast<std::ptrdiff_t>(c.count * c.inputs[0].size());
  const auto channels = static_cast<std::size_t>(c.inputs[0].channels);
  const auto gamma = [=](const LayerValues& v) { return o.affine ? v.parameters[0] : Doubles(channels, 1.0); };
  const auto beta = [=](const LayerValues& v) { return o.affine ? v.parameters[1] : Doubles(channels, 0.0); };
  const auto real = [=](const Doubles& all) { return Doubles(all.begin(), all.begin() + valid); };
  Reference result;
  result.forward = [=](const LayerValues& v) { return reference::batch_norm(real(v.inputs[0]), gamma(v), beta(v), o.epsilon); };
  result.backward = [=](const LayerValues& v, const Doubles& grad_output) {
    auto grads = reference::batch_norm_grad(real(v.inputs[0]), gamma(v), o.epsilon, real(grad_output));
    grads.input.resize(v.inputs[0].size(), 0.0);
    LayerResult back;
    back.grad_inputs = {grads.input};
    if (o.affine) back.grad_parameters = {grads.gamma, grads.beta};
    return back;
  };
  return result;
}

TEST(BatchNorm, values_by_hand) {
  LayerCase c = case_of({.momentum = 0.25, .epsilon = 1e-12}, {1, 2, 1});
  c.samples = 1, c.shards = 2, c.count = 2;
  const LayerResult result = run_layer(c, {{{1, 3, 5, 7}}, {{2}, {10}, {0}, {1}}}, {1, 0, 0, 0});
  // Mean 4, variance 5: (x - 4) / sqrt 5 * 2 + 10.
  const double root = std::sqrt(5.0);
  EXPECT_NEAR_ARRAY(result.output, (Doubles{10 - 6 / root, 10 - 2 / root, 10 + 2 / root, 10 + 6 / root}), kElementwise, kRoundoffF32);
  // Running mean 0.75 * 0 + 0.25 * 4; variance 0.75 * 1 + 0.25 * 5 * 4/3.
  EXPECT_NEAR(result.parameters[2][0], 1, 1e-6);
  EXPECT_NEAR(result.parameters[3][0], 0.75 + 0.25 * 20 / 3, 1e-6);
  EXPECT_NEAR(result.grad_parameters[0][0], -3 / root, 1e-6);
  EXPECT_NEAR(result.grad_parameters[1][0], 1, 1e-6);
}

TEST(BatchNorm, equals_the_reference_in_both_precisions) {
  for (const long channels : kChannelCounts)
    for (const bool affine : {true, false})
      for (const Precision precision : {Precision::f32, Precision::bf16}) {
        const BatchNorm::Options options{.affine = affine};
        const LayerCase c = case_of(options, {3, 5, channels}, precision);
        // Statistics come from float32 sums of 16 terms; a few more operations follow.
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, options), {.output = sum_of(16), .gradient = 2 * sum_of(16)}));
      }
}

TEST(BatchNorm, gradient_is_the_difference_quotient_of_the_whole_batch) {
  for (const bool affine : {true, false}) {
    const BatchNorm::Options options{.affine = affine};
    const LayerCase c = case_of(options, {2, 2, 3});
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, options), {.output = sum_of(16), .gradient = 2 * sum_of(16)}));
  }
}

TEST(BatchNorm, orientations_of_a_map_are_more_positions_of_it) {
  for (const Precision precision : {Precision::f32, Precision::bf16})
    for (const Mode mode : {Mode::train, Mode::infer}) {
      // [H, W, S C] is [H, W S, C] in memory.
      LayerCase oriented = case_of({.orientations = 4}, {3, 5, 4 * 10}, precision), wide = case_of({}, {3, 5 * 4, 10}, precision);
      oriented.mode = wide.mode = mode;
      const LayerValues values = random_values(oriented, 5);
      const Doubles grad = random_grad_output(oriented, 6);
      ASSERT_EQ(values.parameters[0].size(), 10u);
      const LayerResult found = run_layer(oriented, values, grad), expected = run_layer(wide, values, grad);
      EXPECT_EQ(found.output, expected.output);
      EXPECT_EQ(found.grad_inputs, expected.grad_inputs);
      EXPECT_EQ(found.parameters, expected.parameters);
      EXPECT_TRUE(mode == Mode::infer || found.grad_parameters == expected.grad_parameters);
    }
  const std::vector<SampleShape> six{{2, 2, 6}};
  EXPECT_THROW(BatchNorm({.orientations = 4}).output_shape(six), ShapeError);
  EXPECT_THROW(BatchNorm({.orientations = 0}), InputError);
}

/// Statistics of a joined input are those of its parts, each as if it stood alone, and a row's end may lie beyond what is read.
TEST(BatchNorm, sums_of_parts_are_those_that_the_parts_have_alone) {
  const std::int64_t widths[] = {17, 12, 3}, rows = 2 * 3 * 5, pitch = 40;
  const std::vector<SampleShape> joined{{3, 5, 32}};
  const auto whole = BatchNorm({}).prepare(joined, {.samples = 2, .parts = {17, 12, 3}});
  const auto numbers = stored<float>(random_numbers(1, rows * pitch));
  std::vector<std::byte> scratch(whole->scratch_bytes());
  layers::ForwardArgs args;
  const std::vector<const void*> input{numbers.data()};
  args.inputs = input, args.scratch = scratch.data(), args.shard.valid = 2, args.input_pitch = pitch;
  Doubles sums(64);
  whole->shard_statistics(args, sums.data());
  Doubles expected;
  for (std::int64_t first = 0, k = 0; k < 3; first += widths[k++]) {
    std::vector<float> part;
    for (std::int64_t row = 0; row < rows; ++row)
      part.insert(part.end(), numbers.begin() + row * pitch + first, numbers.begin() + row * pitch + first + widths[k]);
    const std::vector<SampleShape> alone{{3, 5, widths[k]}};
    const std::vector<const void*> value{part.data()};
    args.inputs = value, args.input_pitch = 0;
    Doubles own(static_cast<std::size_t>(2 * widths[k]));
    BatchNorm({}).prepare(alone, {.samples = 2})->shard_statistics(args, own.data());
    expected.insert(expected.end(), own.begin(), own.end());
  }
  EXPECT_EQ(sums, expected);

  // Channel 28 is the last of the second part: sum 5 and sum of squares 13 over 30 values.
  std::fill(sums.begin(), sums.end(), 1.0);
  sums[2 * 17 + 11] = 5, sums[2 * 17 + 12 + 11] = 13;
  std::vector<float> coupled(whole->coupled_floats()), gamma(32, 1.0f), beta(32), mean(32), variance(32, 1.0f);
  const std::vector<const float*> parameters{gamma.data(), beta.data(), mean.data(), variance.data()};
  const std::vector<float*> states{mean.data(), variance.data()};
  whole->finish_forward(sums.data(), 2, parameters, states, coupled.data());
  EXPECT_FLOAT_EQ(coupled[28], 5.0f / 30);
  EXPECT_FLOAT_EQ(coupled[32 + 28], static_cast<float>(1 / std::sqrt(13.0 / 30 - 25.0 / 900 + 1e-5)));
  EXPECT_FLOAT_EQ(coupled[27], 1.0f / 30);
  EXPECT_FLOAT_EQ(coupled[29], 1.0f / 30);
}

TEST(BatchNorm, the_cut_into_shards_does_not_matter) {
  LayerCase one = case_of({}, {3, 3, 10}), three = one;
  one.samples = 6, one.shards = 1, three.samples = 2, three.shards = 3;
  const LayerValues values = random_values(one, 5);
  const Doubles grad = random_grad_output(one, 6);
  const LayerResult whole = run_layer(one, values, grad), cut = run_layer(three, values, grad);
  EXPECT_NEAR_ARRAY(cut.output, whole.output, kElementwise, kRoundoffF32);
  EXPECT_NEAR_ARRAY(cut.grad_inputs[0], whole.grad_inputs[0], kElementwise, kRoundoffF32);
  for (std::size_t p = 0; p < 4; ++p) EXPECT_NEAR_ARRAY(cut.parameters[p], whole.parameters[p], kElementwise, kRoundoffF32);
  for (std::size_t p = 0; p < 2; ++p) EXPECT_NEAR_ARRAY(cut.grad_parameters[p], whole.grad_parameters[p], sum_of(16), kRoundoffF32);
}

TEST(BatchNorm, padding_changes_nothing_and_gets_no_gradient) {
  LayerCase padded = case_of({}, {2, 3, 5});
  LayerCase exact = padded;
  exact.samples = 3, exact.shards = 2;
  LayerValues values = random_values(padded, 5);
  values.inputs[0].back() = 1e6;  // even if padding were not zero
  Doubles grad = random_grad_output(padded, 6);
  const LayerResult with = run_layer(padded, values, grad);
  const auto valid = static_cast<std::size_t>(padded.count * padded.inputs[0].size());
  values.inputs[0].resize(valid), grad.resize(valid);
  const LayerResult without = run_layer(exact, values, grad);
  for (std::size_t i = 0; i < valid; ++i) EXPECT_NEAR(with.output[i], without.output[i], 1e-6);
  for (std::size_t i = valid; i < with.grad_inputs[0].size(); ++i) EXPECT_EQ(with.grad_inputs[0][i], 0);
}

TEST(BatchNorm, inference_uses_the_running_statistics_and_its_gradient_is_the_scale) {
  for (const Mode mode : {Mode::infer, Mode::infer_with_dropout})
    for (const Precision precision : {Precision::f32, Precision::bf16}) {
      LayerCase c = case_of({.epsilon = 0.5}, {2, 2, 17}, precision);
      c.mode = mode;
      const LayerValues v = random_values(c, 7);
      const Doubles grad = random_grad_output(c, 8);
      const LayerResult result = run_layer(c, v, grad);
      Doubles output, grad_input;
      for (std::size_t i = 0; i < v.inputs[0].size(); ++i) {
        const std::size_t ch = i % 17;
        const double scale = v.parameters[0][ch] / std::sqrt(v.parameters[3][ch] + 0.5);
        output.push_back((v.inputs[0][i] - v.parameters[2][ch]) * scale + v.parameters[1][ch]);
        grad_input.push_back(grad[i] * scale);
      }
      EXPECT_NEAR_ARRAY(result.output, output, 1, tolerance(2 * kElementwise, precision));
      EXPECT_NEAR_ARRAY(result.grad_inputs[0], grad_input, 1, tolerance(kElementwise, precision));
      EXPECT_EQ(result.parameters, v.parameters);  // nothing learned
    }
}

TEST(BatchNorm, a_large_mean_does_not_spoil_a_small_variance) {
  LayerCase c = case_of({.affine = false}, {8, 8, 3});
  LayerValues values = random_values(c, 9);
  for (double& x : values.inputs[0]) x = 100 + x / 4;  // mean^2 is 10^4 times the variance
  const LayerResult result = run_layer(c, values);
  const auto valid = static_cast<std::ptrdiff_t>(c.count * c.inputs[0].size());
  const Doubles expected = reference_of(c, {.affine = false}).forward(values);
  // Float32 sums of 16 values near 100 and the float32 mean, 4 * 2^-24 * 100 together, over a deviation of 0.5. Squares are summed
  // in double; float32 squares would be off by 2e-4.
  EXPECT_NEAR_ARRAY(Doubles(result.output.begin(), result.output.begin() + valid), expected, 1, 5e-5);
}

TEST(BatchNorm, parameters_and_states) {
  const std::vector<SampleShape> input{{4, 4, 6}};
  const auto specs = BatchNorm({}).parameters(input);
  ASSERT_EQ(specs.size(), 4u);
  EXPECT_EQ(specs[0].name, "gamma");
  EXPECT_EQ(specs[3].name, "running_var");
  EXPECT_TRUE(specs[1].trains && !specs[2].trains && !specs[3].trains);
  EXPECT_FALSE(specs[0].decays);
  EXPECT_EQ(specs[0].initialisation.value, 1);
  EXPECT_EQ(BatchNorm({.affine = false}).parameters(input).size(), 2u);
}

TEST(BatchNorm, with_gamma_fixed_beta_alone_trains_and_at_its_own_rate) {
  const BatchNorm::Options fixed{.epsilon = 1e-3, .fixed_gamma = true, .beta_rate = 64}, whole{.epsilon = 1e-3};
  const LayerCase c = case_of(fixed, {2, 3, 5}), other = case_of(whole, {2, 3, 5});
  LayerValues values = random_values(c, 1);
  const Doubles grad = random_grad_output(c, 2);
  const LayerResult result = run_layer(c, values, grad);
  values.parameters.insert(values.parameters.begin(), Doubles(5, 1.0));  // gamma
  const LayerResult expected = run_layer(other, values, grad);
  EXPECT_EQ(result.output, expected.output);
  EXPECT_EQ(result.grad_inputs, expected.grad_inputs);
  EXPECT_EQ(result.grad_parameters[0], expected.grad_parameters[1]);
  const auto specs = c.layer->parameters(c.inputs);
  ASSERT_EQ(specs.size(), 3u);
  EXPECT_EQ(specs[0].name, "beta");
  EXPECT_EQ(specs[0].rate_multiplier, 64);
  EXPECT_EQ(specs[0].decay_multiplier, 1.0 / 64);
}

TEST(BatchNorm, refuses_options_out_of_range) {
  EXPECT_THROW(BatchNorm({.momentum = 0}), InputError);
  EXPECT_THROW(BatchNorm({.momentum = 1.5}), InputError);
  EXPECT_THROW(BatchNorm({.epsilon = 0}), InputError);
}

}  // namespace
}  // namespace reprise::tests
