#include "suite/layers/dense.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/kernels/reference/convolution.hpp"
#include "suite/tensor/memory.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::Dense;

LayerCase case_of(Dense::Options options, SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::make_shared<Dense>(options);
  result.inputs = {input};
  result.samples = 3;
  result.shards = 2;
  result.count = 5;
  result.precision = precision;
  return result;
}

Reference reference_of(const LayerCase& c, const Dense::Options& o) {
  const std::int64_t samples = c.rows(), in = c.inputs[0].size(), out = o.features;
  const bool bias = o.bias;
  Reference result;
  result.forward = [=](const LayerValues& v) {
    return reference::dense(samples, in, out, v.inputs[0], v.parameters[0], bias ? v.parameters[1] : Doubles{});
  };
  result.backward = [=](const LayerValues& v, const Doubles& grad_output) {
    const reference::ProductGradients grads = reference::dense_grad(samples, in, out, v.inputs[0], v.parameters[0], grad_output);
    LayerResult back;
    back.grad_inputs = {grads.input};
    back.grad_parameters = {grads.weight};
    if (bias) back.grad_parameters.push_back(grads.bias);
    return back;
  };
  return result;
}

Roundings roundings_of(const LayerCase& c, const Dense::Options& o) {
  return {.output = sum_of(static_cast<double>(c.inputs[0].size())),
          .gradient = sum_of(static_cast<double>(std::max(o.features, c.count)))};
}

TEST(Dense, values_by_hand) {
  LayerCase c = case_of({.features = 2}, {1, 1, 3});
  c.samples = 2, c.shards = 1, c.count = 2;
  const LayerResult result = run_layer(c, {{{1, 2, 3, 4, 5, 6}}, {{1, 0, -1, 2, 2, 2}, {10, 20}}}, {1, 10, 100, 1000});
  EXPECT_EQ(result.output, (Doubles{8, 32, 8, 50}));
  EXPECT_EQ(result.grad_inputs[0], (Doubles{21, 20, 19, 2100, 2000, 1900}));
  EXPECT_EQ(result.grad_parameters[0], (Doubles{401, 502, 603, 4010, 5020, 6030}));
  EXPECT_EQ(result.grad_parameters[1], (Doubles{101, 1010}));
}

TEST(Dense, equals_the_reference_in_both_precisions) {
  for (const std::int64_t in : {1, 3, 17, 64, 200})
    for (const std::int64_t out : {1, 10, 24, 100})
      for (const bool bias : {true, false})
        for (const Precision precision : {Precision::f32, Precision::bf16}) {
          const Dense::Options o{.features = out, .bias = bias};
          const LayerCase c = case_of(o, {1, 1, in}, precision);
          EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, o), roundings_of(c, o)));
        }
}

TEST(Dense, reads_maps_in_memory_order) {
  const Dense::Options o{.features = 5};
  const LayerCase c = case_of(o, {3, 2, 4});
  EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, o), roundings_of(c, o)));
}

TEST(Dense, gradient_is_the_difference_quotient) {
  const Dense::Options o{.features = 4};
  const LayerCase c = case_of(o, {1, 1, 7});
  EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, o), roundings_of(c, o)));
}

/// Runs every block of a layer over a whole batch; the input gradient is the sum of the blocks' shares.
LayerResult run_blocks(const LayerCase& c, const LayerValues& values, const Doubles& grad_output) {
  const std::int64_t N = c.rows(), in = c.inputs[0].size(), out = c.output().size();
  const auto kernel = c.layer->prepare_partitions(c.inputs, {.precision = c.precision, .samples = static_cast<int>(N)});
  const auto weight = stored<float>(values.parameters[0]), bias = stored<float>(values.parameters[1]);
  const std::vector<const float*> parameters{weight.data(), bias.data()};
  const auto input = stored_bytes(values.inputs[0], c.precision), grad = stored_bytes(grad_output, c.precision);
  Memory output(static_cast<std::size_t>(N * out) * bytes_of(c.precision)), scratch(std::max<std::size_t>(1, kernel->scratch_bytes()));
  std::vector<float> partial(static_cast<std::size_t>(N * in)), grad_weight(weight.size(), 7.0f), grad_bias(bias.size(), 7.0f);
  const auto take_rows = [&](int parameter, std::int64_t first_row, std::int64_t rows, const float* gradient) {
    const std::int64_t columns = parameter == 0 ? in : 1;
    std::copy(gradient, gradient + rows * columns, (parameter == 0 ? grad_weight : grad_bias).data() + first_row * columns);
  };
  LayerResult result;
  result.grad_inputs = {Doubles(partial.size())};
  EXPECT_EQ(kernel->first_row(kernel->partitions()), out);
  for (int block = kernel->partitions() - 1; block >= 0; --block) {
    kernel->forward(block, input.data(), output.data(), parameters, scratch.data());
    kernel->backward(block, input.data(), grad.data(), partial.data(), parameters, take_rows, nullptr, scratch.data());
    for (std::size_t i = 0; i < partial.size(); ++i) result.grad_inputs[0][i] += static_cast<double>(partial[i]);
  }
  result.output = read_bytes(output.data(), N * out, c.precision);
  result.grad_parameters = {read_back(grad_weight.data(), out * in), read_back(grad_bias.data(), out)};
  return result;
}

TEST(Dense, blocks_of_output_features_equal_the_reference) {
  for (const Precision precision : {Precision::f32, Precision::bf16})
    for (const std::int64_t out : {256, 300}) {
      const Dense::Options o{.features = out};
      const LayerCase c = case_of(o, {1, 1, 401}, precision);
      EXPECT_GE(c.layer->output_partitions(c.inputs), 2);
      const LayerValues values = random_values(c, 1);
      const Doubles grad = random_grad_output(c, 2);
      const LayerResult found = run_blocks(c, values, grad), expected = reference_of(c, o).backward(values, grad);
      EXPECT_NEAR_ARRAY(found.output, reference_of(c, o).forward(values), 1, tolerance(sum_of(401), precision));
      EXPECT_NEAR_ARRAY(found.grad_inputs[0], expected.grad_inputs[0], sum_of(static_cast<double>(out)), kRoundoffF32);
      EXPECT_NEAR_ARRAY(found.grad_parameters[0], expected.grad_parameters[0], sum_of(6), kRoundoffF32);
      EXPECT_NEAR_ARRAY(found.grad_parameters[1], expected.grad_parameters[1], sum_of(6), kRoundoffF32);
    }
}

TEST(Dense, small_layers_are_cut_into_shards) {
  const std::vector<SampleShape> wide{{1, 1, 1024}}, narrow{{1, 1, 64}};
  EXPECT_EQ(Dense({.features = 10}).output_partitions(wide), 0);
  EXPECT_EQ(Dense({.features = 1024}).output_partitions(narrow), 0);
  EXPECT_GT(Dense({.features = 1024}).output_partitions(wide), 0);
}

TEST(Dense, counts_its_parameters_and_refuses_no_features) {
  const std::vector<SampleShape> input{{1, 1, 784}};
  const Dense layer({.features = 1024});
  EXPECT_EQ(layer.parameters(input)[0].count() + layer.parameters(input)[1].count(), 784 * 1024 + 1024);
  EXPECT_EQ(layer.cost(input).forward_macs, 784 * 1024);
  EXPECT_THROW(Dense({.features = 0}).output_shape(input), ShapeError);
}

}  // namespace
}  // namespace reprise::tests
