#include "suite/layers/capsule_routing.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/kernels/reference/capsules.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::CapsuleRouting;
using layers::RoutingGradient;
using layers::RoutingKind;

LayerCase case_of(const CapsuleRouting::Options& options, SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<CapsuleRouting>(options);
  result.inputs = {input};
  result.samples = 3, result.shards = 2, result.count = 5;
  result.precision = precision;
  return result;
}

Doubles part(const Doubles& all, std::int64_t index, std::int64_t size) {
  return Doubles(all.begin() + index * size, all.begin() + (index + 1) * size);
}

reference::CapsuleLayer shape_of(const LayerCase& c, const CapsuleRouting::Options& o) {
  return {c.inputs[0].positions(), c.inputs[0].channels, o.routing.capsules,
          o.routing.dimensions,    o.routing.iterations, o.routing.kind == RoutingKind::scaled_distance};
}

Reference reference_of(const LayerCase& c, const CapsuleRouting::Options& o) {
  const reference::CapsuleLayer shape = shape_of(c, o);
  const std::int64_t in = c.inputs[0].size(), out = c.output().size(), rows = c.rows();
  const auto bias = [](const LayerValues& v) { return v.parameters.size() > 1 ? v.parameters[1] : Doubles{}; };
  Reference result;
  result.forward = [=](const LayerValues& v) {
    Doubles output;
    for (std::int64_t n = 0; n < rows; ++n) {
      const Doubles one = reference::route(shape, part(v.inputs[0], n, in), v.parameters[0], bias(v)).output;
      output.insert(output.end(), one.begin(), one.end());
    }
    return output;
  };
  result.backward = [=](const LayerValues& v, const Doubles& grad_output) {
    LayerResult back;
    back.grad_inputs.resize(1);
    for (const Doubles& parameter : v.parameters) back.grad_parameters.emplace_back(parameter.size());
    for (std::int64_t n = 0; n < rows; ++n) {
      const Doubles input = part(v.inputs[0], n, in);
      const auto grads = reference::route_grad(shape, input, v.parameters[0], reference::route(shape, input, v.parameters[0], bias(v)),
                                               part(grad_output, n, out));
      back.grad_inputs[0].insert(back.grad_inputs[0].end(), grads.input.begin(), grads.input.end());
      for (std::size_t i = 0; i < grads.weight.size(); ++i) back.grad_parameters[0][i] += grads.weight[i];
      for (std::size_t i = 0; v.parameters.size() > 1 && i < grads.bias.size(); ++i) back.grad_parameters[1][i] += grads.bias[i];
    }
    return back;
  };
  return result;
}

/// Votes are sums over d, sums over I; each further iteration passes errors of logits of up to kLargestLogit on through exp.
Roundings roundings_of(const LayerCase& c, const CapsuleRouting::Options& o) {
  constexpr double kLargestLogit = 8;
  const double terms = static_cast<double>(c.inputs[0].size() + o.routing.dimensions);
  const double passed_on = 1 + kLargestLogit * (o.routing.iterations - 1);
  return {.output = (terms + kTranscendental) * passed_on,
          .gradient = (terms + kTranscendental + static_cast<double>(c.count)) * passed_on};
}

TEST(CapsuleRouting, one_iteration_by_hand_is_the_squashed_mean_of_the_votes) {
  // Two capsules of one value vote for two: votes of 3 for (1, 0) and (0, 1), of 4 for (0, 1) and (1, 0).
  LayerCase c = case_of({.routing = {.capsules = 2, .dimensions = 2, .iterations = 1}}, {1, 2, 1});
  c.samples = 1, c.shards = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{{3, 4}}, {{1, 0, 0, 1, 0, 1, 1, 0}}}, {1, 0, 0, 0});
  // s = (3, 4) / 2 and (4, 3) / 2, both of length 2.5: v = s * 2.5 / 7.25.
  const double factor = 2.5 / 7.25;
  EXPECT_NEAR_ARRAY(result.output, (Doubles{1.5 * factor, 2 * factor, 2 * factor, 1.5 * factor}), kTranscendental, kRoundoffF32);
  // ds = g (1, 0) + g'/n s_x s; dW of u = 3 for capsule 1 is 3 ds / 2.
  const double slope = (1 - 6.25) / (7.25 * 7.25) / 2.5 * 1.5;
  const Doubles ds{factor + slope * 1.5, slope * 2};
  EXPECT_NEAR(result.grad_parameters[0][0], 1.5 * ds[0], kTranscendental * kRoundoffF32);
  EXPECT_NEAR(result.grad_parameters[0][1], 1.5 * ds[1], kTranscendental * kRoundoffF32);
  EXPECT_EQ(result.grad_parameters[0][2], 0);
  EXPECT_NEAR(result.grad_inputs[0][0], 0.5 * ds[0], kTranscendental * kRoundoffF32);
  EXPECT_NEAR(result.grad_inputs[0][1], 0.5 * ds[1], kTranscendental * kRoundoffF32);
}

TEST(CapsuleRouting, equals_the_reference_in_both_precisions) {
  for (const int iterations : {1, 2, 3})
    for (const auto& [input, capsules, dimensions] : std::vector<std::tuple<SampleShape, int, int>>{
             {{1, 7, 3}, 5, 9}, {{2, 8, 8}, 3, 16}, {{1, 5, 17}, 3, 16}, {{1, 7, 3}, 6, 8}, {{1, 4, 8}, 3, 8}, {{1, 1, 1}, 2, 1}})
      for (const Precision precision : {Precision::f32, Precision::bf16}) {
        const CapsuleRouting::Options o{.routing = {.capsules = capsules, .dimensions = dimensions, .iterations = iterations}};
        const LayerCase c = case_of(o, input, precision);
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, o), roundings_of(c, o)));
      }
}

TEST(CapsuleRouting, scaled_distance_agreement_equals_the_reference) {
  for (const int iterations : {1, 2, 3}) {
    const CapsuleRouting::Options o{
        .routing = {.capsules = 4, .dimensions = 5, .iterations = iterations, .kind = RoutingKind::scaled_distance}};
    const LayerCase c = case_of(o, {1, 6, 7});
    EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, o), roundings_of(c, o)));
  }
}

/// The gradient of a single iteration, and of all iterations, is the true one.
TEST(CapsuleRouting, gradients_equal_central_differences) {
  for (const int iterations : {1, 2, 3}) {
    const CapsuleRouting::Options o{
        .routing = {.capsules = 4, .dimensions = 5, .iterations = iterations, .gradient = RoutingGradient::all}};
    const LayerCase c = case_of(o, {1, 6, 3});
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, o), roundings_of(c, o)));
  }
  for (const auto& [capsules, dimensions] : std::vector<std::pair<int, int>>{{4, 8}, {3, 16}}) {
    const CapsuleRouting::Options o{
        .routing = {.capsules = capsules, .dimensions = dimensions, .iterations = 3, .gradient = RoutingGradient::all}};
    const LayerCase c = case_of(o, {1, 6, 3});
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, o), roundings_of(c, o)));
  }
  const CapsuleRouting::Options last{.routing = {.capsules = 4, .dimensions = 5, .iterations = 1}};
  const LayerCase c = case_of(last, {1, 6, 3});
  EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, last), roundings_of(c, last)));
}

TEST(CapsuleRouting, the_gradient_of_the_last_iteration_is_not_the_true_one) {
  const CapsuleRouting::Options o{.routing = {.capsules = 4, .dimensions = 5, .iterations = 3}};
  const LayerCase c = case_of(o, {1, 6, 3});
  EXPECT_GT(against_differences(c, reference_of(c, o), roundings_of(c, o)).ratio, 10);
}

TEST(CapsuleRouting, coefficients_go_to_the_capsule_that_the_votes_agree_on) {
  // Three of four capsules vote alike for output 0 and apart for output 1: iterations make output 0 longer.
  const auto output_after = [](int iterations) {
    LayerCase c = case_of({.routing = {.capsules = 2, .dimensions = 2, .iterations = iterations}}, {1, 4, 1});
    c.samples = 1, c.shards = 1, c.count = 1;
    return run_layer(c, {{{1, 1, 1, 1}}, {{2, 0, 2, 0, 2, 0, -2, 0, 2, 0, 0, 2, 0, 2, 0, -2}}}, {}).output;
  };
  const Doubles once = output_after(1), thrice = output_after(3);
  EXPECT_GT(std::hypot(thrice[0], thrice[1]), std::hypot(once[0], once[1]) + 0.05);
}

TEST(CapsuleRouting, refuses_options_that_mean_nothing) {
  EXPECT_THROW(CapsuleRouting({.routing = {.capsules = 0}}), InputError);
  EXPECT_THROW(CapsuleRouting({.routing = {.iterations = 0}}), InputError);
  EXPECT_THROW(CapsuleRouting({.routing = {.kind = RoutingKind::scaled_distance, .gradient = RoutingGradient::all}}), InputError);
}

TEST(CapsuleRouting, multiply_adds_are_votes_and_routing) {
  // 32 capsules of 8 to 32 of 8: 65,536 votes, and 8,192 for each of three sums and two agreements.
  const std::vector<SampleShape> input{{1, 32, 8}};
  const auto cost = CapsuleRouting({.routing = {.capsules = 32, .dimensions = 8}}).cost(input);
  EXPECT_EQ(cost.forward_macs, 65536 + 5 * 8192);
  EXPECT_EQ(cost.grad_weight_macs, 65536);
}

}  // namespace
}  // namespace reprise::tests
