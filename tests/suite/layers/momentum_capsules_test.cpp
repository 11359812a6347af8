#include "suite/layers/momentum_capsules.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/kernels/reference/capsules.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::MomentumCapsules;
using layers::RoutingGradient;
using layers::StackMemory;

LayerCase case_of(const MomentumCapsules::Options& options, SampleShape input = {1, 6, 5}, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<MomentumCapsules>(options);
  result.inputs = {input};
  result.samples = 2, result.shards = 2, result.count = 3;
  result.precision = precision;
  return result;
}

Doubles part(const Doubles& all, std::int64_t index, std::int64_t size) {
  return Doubles(all.begin() + index * size, all.begin() + (index + 1) * size);
}

/// Ordinary back-propagation in double, every layer's input kept.
Reference ordinary(const LayerCase& c, const MomentumCapsules::Options& o) {
  const SampleShape s = c.inputs[0];
  const reference::MomentumStack stack{
      {s.positions(), s.channels, s.positions(), s.channels, o.iterations, o.kind == layers::RoutingKind::scaled_distance},
      o.momentum,
      o.restart,
      o.doubled};
  const std::int64_t size = s.size(), rows = c.rows();
  Reference result;
  result.forward = [=](const LayerValues& v) {
    Doubles output;
    for (std::int64_t n = 0; n < rows; ++n) {
      const Doubles one = reference::momentum_stack(stack, part(v.inputs[0], n, size), v.parameters);
      output.insert(output.end(), one.begin(), one.end());
    }
    return output;
  };
  result.backward = [=](const LayerValues& v, const Doubles& grad_output) {
    LayerResult back;
    back.grad_inputs.resize(1);
    for (const Doubles& weight : v.parameters) back.grad_parameters.emplace_back(weight.size());
    for (std::int64_t n = 0; n < rows; ++n) {
      const auto grads = reference::momentum_stack_grad(stack, part(v.inputs[0], n, size), v.parameters, part(grad_output, n, size));
      back.grad_inputs[0].insert(back.grad_inputs[0].end(), grads.input.begin(), grads.input.end());
      for (std::size_t k = 0; k < grads.weights.size(); ++k)
        for (std::size_t i = 0; i < grads.weights[k].size(); ++i) back.grad_parameters[k][i] += grads.weights[k][i];
    }
    return back;
  };
  return result;
}

/// |a - b| / |b| over all gradients of a run.
double relative_difference(const LayerResult& found, const LayerResult& expected) {
  double apart = 0, all = 0;
  const auto add = [&](const Doubles& a, const Doubles& b) {
    for (std::size_t i = 0; i < b.size(); ++i) apart += (a[i] - b[i]) * (a[i] - b[i]), all += b[i] * b[i];
  };
  for (std::size_t i = 0; i < expected.grad_inputs.size(); ++i) add(found.grad_inputs[i], expected.grad_inputs[i]);
  for (std::size_t i = 0; i < expected.grad_parameters.size(); ++i) add(found.grad_parameters[i], expected.grad_parameters[i]);
  return std::sqrt(apart / all);
}

double apart_from_ordinary(const MomentumCapsules::Options& o, SampleShape input = {1, 6, 5}) {
  const LayerCase c = case_of(o, input);
  const LayerValues values = random_values(c, 5);
  const Doubles grad = random_grad_output(c, 6);
  return relative_difference(run_layer(c, values, grad), ordinary(c, o).backward(values, grad));
}

TEST(MomentumCapsules, one_block_by_hand) {
  // One capsule of one value, weight 1: f(x) = x |x| / (1 + x^2), so f(1) = 1/2.
  LayerCase c = case_of({.blocks = 1, .iterations = 1}, {1, 1, 1});
  c.samples = 1, c.shards = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{{1}}, {{1}, {1}}}, {1});
  const auto f = [](double x) { return x * x / (1 + x * x); };
  const auto slope = [](double x) { return 2 * x / ((1 + x * x) * (1 + x * x)); };
  const double v1 = 0.1 * f(1), x1 = 1 + v1, v2 = 0.9 * v1 + 0.1 * f(x1);
  EXPECT_NEAR(result.output[0], x1 + v2, 1e-6);
  // y = x1 + 0.9 (x1 - x) + 0.1 f(x1): dy/dx1 = 1.9 + 0.1 f'(x1), dx1/dx = 1 + 0.1 f'(1), and -0.9 directly.
  const double to_x1 = 1.9 + 0.1 * slope(x1);
  EXPECT_NEAR(result.grad_inputs[0][0], to_x1 * (1 + 0.1 * slope(1)) - 0.9, 1e-6);
  EXPECT_NEAR(result.grad_parameters[0][0], to_x1 * 0.1 * slope(1), 1e-6);
  EXPECT_NEAR(result.grad_parameters[1][0], 0.1 * slope(x1) * x1, 1e-6);
}

/// What the layer is for: going back through the blocks gives the gradients of ordinary back-propagation.
TEST(MomentumCapsules, gradients_of_1_to_25_blocks_equal_ordinary_back_propagation) {
  for (const bool restart : {true, false})
    for (const std::int64_t blocks : {1, 2, 5, 10, 25}) {
      const double exact = apart_from_ordinary({.blocks = blocks, .restart = restart, .memory = StackMemory::exact});
      const double stored = apart_from_ordinary({.blocks = blocks, .restart = restart, .memory = StackMemory::store});
      EXPECT_LT(exact, 1e-4) << blocks << (restart ? " blocks" : " blocks in one chain");
      EXPECT_LT(stored, 1e-4) << blocks << (restart ? " blocks" : " blocks in one chain");
      RecordProperty((restart ? "blocks_" : "chain_") + std::to_string(blocks), std::to_string(exact));
    }
}

TEST(MomentumCapsules, the_size_of_the_paper_goes_back_through_25_blocks) {
  EXPECT_LT(apart_from_ordinary({.blocks = 25, .restart = false, .memory = StackMemory::exact}, {1, 32, 8}), 1e-4);
  EXPECT_LT(apart_from_ordinary({.blocks = 25, .memory = StackMemory::invert}, {1, 32, 8}), 1e-3);
}

TEST(MomentumCapsules, float_arithmetic_suffices_for_a_pair_and_loses_a_long_chain) {
  EXPECT_LT(apart_from_ordinary({.blocks = 1}), 1e-5);
  EXPECT_LT(apart_from_ordinary({.blocks = 1, .doubled = true}), 1e-5);
  const MomentumCapsules::Options chain{.blocks = 25, .momentum = 0.5, .restart = false};
  MomentumCapsules::Options exact = chain;
  exact.memory = StackMemory::exact;
  EXPECT_GT(apart_from_ordinary(chain), 100 * apart_from_ordinary(exact));  // errors of v grow by 2 a layer
}

TEST(MomentumCapsules, equals_the_reference_with_and_without_its_options) {
  for (const bool doubled : {false, true})
    for (const StackMemory memory : {StackMemory::invert, StackMemory::exact, StackMemory::store}) {
      const MomentumCapsules::Options o{.blocks = 2, .iterations = 2, .momentum = 0.8, .doubled = doubled, .memory = memory};
      const double apart = apart_from_ordinary(o, {1, 5, 3});
      EXPECT_LT(apart, 1e-5) << static_cast<int>(memory) << (doubled ? ", doubled" : "");
      const LayerCase c = case_of(o, {1, 5, 3});
      const LayerValues values = random_values(c, 7);
      EXPECT_NEAR_ARRAY(run_layer(c, values).output, ordinary(c, o).forward(values), 256, kRoundoffF32);
    }
}

TEST(MomentumCapsules, scaled_distance_agreement_goes_back_too) {
  for (const StackMemory memory : {StackMemory::invert, StackMemory::exact, StackMemory::store}) {
    const MomentumCapsules::Options o{.blocks = 2, .iterations = 3, .kind = layers::RoutingKind::scaled_distance, .memory = memory};
    EXPECT_LT(apart_from_ordinary(o, {1, 5, 3}), 1e-4);
  }
}

TEST(MomentumCapsules, the_true_gradient_equals_central_differences) {
  for (const StackMemory memory : {StackMemory::invert, StackMemory::exact}) {
    const MomentumCapsules::Options o{.blocks = 2, .iterations = 2, .gradient = RoutingGradient::all, .memory = memory};
    const LayerCase c = case_of(o, {1, 4, 3});
    EXPECT_WITHIN_TOLERANCE(against_differences(c, ordinary(c, o), {.output = 256, .gradient = 4096}));
  }
}

TEST(MomentumCapsules, bfloat16_changes_storage_and_nothing_else) {
  const MomentumCapsules::Options o{.blocks = 3};
  const LayerCase whole = case_of(o), half = case_of(o, {1, 6, 5}, Precision::bf16);
  const LayerValues values = random_values(half, 3);
  const Doubles grad = random_grad_output(half, 4);
  const LayerResult a = run_layer(whole, values, grad), b = run_layer(half, values, grad);
  EXPECT_NEAR_ARRAY(b.output, a.output, 1, tolerance(kElementwise, Precision::bf16));
  EXPECT_NEAR_ARRAY(b.grad_inputs[0], a.grad_inputs[0], 4, tolerance(kElementwise, Precision::bf16));
}

std::size_t saved_bytes(const MomentumCapsules::Options& o) {
  const std::vector<SampleShape> input{{1, 32, 8}};
  return MomentumCapsules(o).prepare(input, {.samples = 8})->saved_bytes();
}

TEST(MomentumCapsules, a_block_more_saves_its_velocity_or_nothing) {
  const std::size_t values = 8 * 32 * 8;
  EXPECT_EQ(saved_bytes({.blocks = 11}) - saved_bytes({.blocks = 10}), values * 4);
  EXPECT_EQ(saved_bytes({.blocks = 11, .restart = false}), saved_bytes({.blocks = 1, .restart = false}));
  EXPECT_EQ(saved_bytes({.blocks = 11, .restart = false, .memory = StackMemory::exact}), 3 * 8 * values);
  EXPECT_EQ(saved_bytes({.blocks = 11, .memory = StackMemory::store}), 11 * 2 * 4 * (values + values + 8 * 32 * 32));
}

TEST(MomentumCapsules, refuses_options_that_mean_nothing) {
  EXPECT_THROW(MomentumCapsules({.blocks = 0}), InputError);
  EXPECT_THROW(MomentumCapsules({.iterations = 0}), InputError);
  for (const double momentum : {1.0, 0.9996, 0.0004, 0.0}) EXPECT_THROW(MomentumCapsules({.momentum = momentum}), InputError) << momentum;
  const std::vector<SampleShape> one{{1, 1, 8}}, two{{1, 2, 8}};
  const MomentumCapsules scaled({.kind = layers::RoutingKind::scaled_distance});
  EXPECT_THROW(scaled.output_shape(one), InputError);  // distances are scaled to the number of capsules less one
  EXPECT_EQ(scaled.output_shape(two), two[0]);
  EXPECT_THROW(MomentumCapsules({.restart = false, .doubled = true}), InputError);
  EXPECT_THROW(MomentumCapsules({.blocks = 500, .restart = false, .memory = StackMemory::exact}), InputError);
}

}  // namespace
}  // namespace reprise::tests
