#include "suite/layers/lstm.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "suite/errors.hpp"
#include "suite/kernels/reference/recurrent.hpp"
#include "tests/suite/layers/sample_reference.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::Lstm;

LayerCase case_of(const Lstm::Options& options, SampleShape input, Precision precision = Precision::f32) {
  return five_samples(std::make_shared<Lstm>(options), input, precision);
}

reference::LstmShape shape_of(const LayerCase& c, const Lstm::Options& o) {
  return {c.inputs[0].height, c.inputs[0].channels, o.cells, o.forget_offset};
}

reference::LstmParameters parameters_of(const std::vector<Doubles>& p) {
  return {p[0], p[1], p[2], p.size() > 3 ? p[3] : Doubles{}};
}

Reference reference_of(const LayerCase& c, const Lstm::Options& o) {
  const reference::LstmShape shape = shape_of(c, o);
  return of_samples(
      c, [=](const Doubles& x, std::int64_t, const std::vector<Doubles>& p) { return reference::lstm(shape, parameters_of(p), x); },
      [=](const Doubles& x, std::int64_t, const std::vector<Doubles>& p, const Doubles& dy) {
        reference::LstmGradients grads = reference::lstm_grad(shape, parameters_of(p), x, dy);
        std::vector<Doubles> all{grads.input, grads.parameters.weight, grads.parameters.recurrent, grads.parameters.bias};
        if (p.size() > 3) all.push_back(grads.parameters.peepholes);
        return all;
      });
}

/// A gate's sum over features and cells, its function, and as many times over as there are frames; values of order one. Gradients sum over
/// frames and samples besides, and what they sum cancels.
Roundings roundings_of(const LayerCase& c, const Lstm::Options& o) {
  const double frames = static_cast<double>(c.inputs[0].height);
  const double step = kTranscendental + sum_of(static_cast<double>(c.inputs[0].channels + o.cells));
  return {.output = 4 * frames * step, .gradient = 16 * frames * step + sum_of(frames * static_cast<double>(c.count))};
}

/// Weights small enough that gates do not saturate.
LayerValues gentle(const LayerCase& c, std::uint64_t seed) {
  LayerValues values = random_values(c, seed);
  for (Doubles& parameter : values.parameters)
    for (std::size_t i = 0; i < parameter.size(); ++i) parameter[i] = 0.25 * std::sin(static_cast<double>(seed + 7 * i));
  return values;
}

const std::vector<Lstm::Options> kOptions{{.cells = 5, .peepholes = true, .forget_offset = 1},
                                          {.cells = 5, .peepholes = false, .forget_offset = 0},
                                          {.cells = 16, .peepholes = true, .forget_offset = 0.5},
                                          {.cells = 1, .peepholes = true, .forget_offset = 1}};

TEST(Lstm, one_cell_by_hand) {
  // Weights 0, so each gate is its function of the bias: i = f = o = 1/2, z = tanh(1) at each step. c = z/2, then 3z/4.
  LayerCase c = case_of({.cells = 1, .peepholes = false, .forget_offset = 0}, {2, 1, 1});
  c.samples = c.shards = 1, c.count = 1;
  const LayerResult result = run_layer(c, {{{3, -4}}, {{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 1, 0}}}, {0, 1});
  const double z = std::tanh(1.0), c1 = z / 2, c2 = c1 / 2 + z / 2;
  EXPECT_NEAR_ARRAY(result.output, (Doubles{std::tanh(c1) / 2, std::tanh(c2) / 2}), 2 * kTranscendental, kRoundoffF32);
  // dc2 = (1 - tanh(c2)^2)/2; dz2 = dc2/2 (1-z^2), and dc1 = dc2/2 gives dz1 = dc1/2 (1-z^2): the bias of z has their sum.
  const double dc2 = (1 - std::tanh(c2) * std::tanh(c2)) / 2;
  EXPECT_NEAR(result.grad_parameters[2][2], (dc2 / 2 + dc2 / 4) * (1 - z * z), 8 * kTranscendental * kRoundoffF32);
  EXPECT_EQ(result.grad_inputs[0], (Doubles{0, 0}));
}

TEST(Lstm, saturated_gates_keep_a_value) {
  // Input gate open at the first frame only (its feature is 1 there), forget gate open always, output gate open: the cell keeps tanh(w x).
  LayerCase c = case_of({.cells = 1, .peepholes = false, .forget_offset = 0}, {4, 1, 2});
  c.samples = c.shards = 1, c.count = 1;
  constexpr double kOpen = 60;
  const Doubles input{0.75, 1, -3, 0, 5, 0, 2, 0};
  const Doubles weight{0, 2 * kOpen, 0, 0, 1, 0, 0, 0};
  const LayerResult result = run_layer(c, {{input}, {weight, {0, 0, 0, 0}, {-kOpen, kOpen, 0, kOpen}}});
  const double kept = std::tanh(std::tanh(0.75));
  EXPECT_NEAR_ARRAY(result.output, (Doubles{kept, kept, kept, kept}), 2 * kTranscendental, kRoundoffF32);
}

TEST(Lstm, equals_the_reference_in_both_precisions) {
  for (const Lstm::Options& o : kOptions)
    for (const SampleShape input : {SampleShape{1, 1, 3}, SampleShape{6, 1, 7}, SampleShape{3, 1, 40}})
      for (const Precision precision : {Precision::f32, Precision::bf16}) {
        const LayerCase c = case_of(o, input, precision);
        EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, o), roundings_of(c, o)));
      }
}

TEST(Lstm, gentle_gates_equal_the_reference) {
  const Lstm::Options o{.cells = 20, .peepholes = true, .forget_offset = 1};
  const LayerCase c = case_of(o, {10, 1, 12});
  const LayerValues values = gentle(c, 3);
  const Doubles grad = random_grad_output(c, 4);
  const Reference right = reference_of(c, o);
  const LayerResult result = run_layer(c, values, grad), expected = right.backward(values, grad);
  const Roundings roundings = roundings_of(c, o);
  const auto valid = static_cast<std::ptrdiff_t>(c.count * c.output().size());
  const Doubles all = right.forward(values);
  EXPECT_NEAR_ARRAY(Doubles(result.output.begin(), result.output.begin() + valid), Doubles(all.begin(), all.begin() + valid),
                    roundings.output, kRoundoffF32);
  EXPECT_NEAR_ARRAY(result.grad_inputs[0], expected.grad_inputs[0], roundings.gradient, kRoundoffF32);
  for (std::size_t p = 0; p < expected.grad_parameters.size(); ++p)
    EXPECT_NEAR_ARRAY(result.grad_parameters[p], expected.grad_parameters[p], roundings.gradient, kRoundoffF32);
}

TEST(Lstm, gradients_through_time_equal_central_differences) {
  for (const Lstm::Options& o : kOptions) {
    const LayerCase c = case_of(o, {5, 1, 4});
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, o), roundings_of(c, o)));
  }
}

TEST(Lstm, sees_the_order_of_frames_and_nothing_ahead) {
  const Lstm::Options o{.cells = 6};
  const LayerCase c = case_of(o, {4, 1, 3});
  LayerValues values = gentle(c, 1), changed = values;
  for (std::size_t n = 0; n < 6; ++n) changed.inputs[0][n * 12 + 9] += 1;  // the last frame
  const Doubles before = run_layer(c, values).output, after = run_layer(c, changed).output;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool is_last_frame = i % 24 >= 18;
    EXPECT_EQ(before[i] == after[i], !is_last_frame) << i;
  }
}

/// 4*512*(4096 + 512) + 4 layers of 4*512*(512 + 512), and biases; peepholes add 3*512 a layer.
TEST(Lstm, five_layers_of_512_on_4096_features_have_the_published_size) {
  for (const bool peepholes : {false, true}) {
    const Lstm layer({.cells = 512, .peepholes = peepholes});
    std::int64_t parameters = 0, macs = 0;
    SampleShape shape{30, 1, 4096};
    for (int l = 0; l < 5; ++l) {
      const std::vector<SampleShape> input{shape};
      for (const auto& spec : layer.parameters(input)) parameters += spec.count();
      macs += layer.cost(input).forward_macs;
      shape = layer.output_shape(input);
    }
    EXPECT_EQ(parameters, 17'825'792 + 5 * 2048 + (peepholes ? 5 * 3 * 512 : 0));
    EXPECT_EQ(macs, 30 * std::int64_t{17'825'792});
  }
}

TEST(Lstm, refuses_what_does_not_fit) {
  EXPECT_THROW(Lstm({.cells = 0}), InputError);
  const std::vector<SampleShape> wide{{4, 2, 3}};
  EXPECT_THROW(Lstm({.cells = 3}).output_shape(wide), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
