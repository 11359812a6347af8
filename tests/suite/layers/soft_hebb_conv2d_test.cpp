#include "suite/layers/soft_hebb_conv2d.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/kernels/reference/convolution.hpp"
#include "suite/kernels/reference/plasticity.hpp"
#include "suite/tensor/memory.hpp"
#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {
namespace {

namespace reference = kernels::reference;
using layers::SoftHebbConv2d;

SoftHebbConv2d::Options options_of(std::int64_t filters, bool triangle_first = false) {
  SoftHebbConv2d::Options o;
  o.filters = filters, o.filter_size = 3, o.padding = 1, o.triangle_first = triangle_first;
  o.plasticity.rate = 0.1;
  return o;
}

LayerCase case_of(const SoftHebbConv2d::Options& options, SampleShape input) {
  LayerCase result;
  result.layer = std::make_shared<SoftHebbConv2d>(options);
  result.inputs = {input};
  result.samples = 2;
  result.count = 2;
  return result;
}

reference::ConvolutionShape shape_of(const LayerCase& c) {
  return {.samples = c.rows(),
          .height = c.inputs[0].height,
          .width = c.inputs[0].width,
          .channels = c.inputs[0].channels,
          .filters = c.output().channels,
          .filter_size = 3,
          .padding = 1,
          .reflect = true};
}

Reference reference_of(const LayerCase& c, bool triangle_first) {
  const auto shape = shape_of(c);
  Reference result;
  result.forward = [=](const LayerValues& v) {
    const Doubles u = reference::convolution(shape, v.inputs[0], v.parameters[0], {});
    return triangle_first ? reference::triangle(u, shape.filters, 1) : u;
  };
  result.backward = [=](const LayerValues& v, const Doubles& dy) {
    const Doubles u = reference::convolution(shape, v.inputs[0], v.parameters[0], {});
    const auto grads = reference::convolution_grad(shape, v.inputs[0], v.parameters[0],
                                                   triangle_first ? reference::triangle_grad(u, shape.filters, 1, dy) : dy);
    LayerResult back;
    back.grad_inputs = {grads.input};
    back.grad_parameters = {grads.weight};
    return back;
  };
  return result;
}

TEST(SoftHebbConv2d, is_a_convolution_with_mirrored_borders_forward_and_back) {
  for (const bool triangle_first : {false, true}) {
    const LayerCase c = case_of(options_of(7, triangle_first), {5, 6, 3});
    EXPECT_WITHIN_TOLERANCE(against_reference(c, reference_of(c, triangle_first), {.output = sum_of(200), .gradient = sum_of(400)}));
    EXPECT_WITHIN_TOLERANCE(against_differences(c, reference_of(c, triangle_first), {.output = sum_of(200), .gradient = sum_of(400)}));
  }
}

/// A shard's change and moments, straight from the kernel; the last sample may be padding.
struct Gathered {
  Doubles change, moments;
};

template <typename Options>
Gathered gather(const Options& options, const LayerCase& c, const LayerValues& values, int valid) {
  const SoftHebbConv2d layer(options);
  const auto kernel = layer.prepare_plastic(c.inputs, {.samples = c.samples, .wants_grad_input = false});
  const std::vector<float> input = stored<float>(values.inputs[0]), weight = stored<float>(values.parameters[0]);
  const float* parameters[1] = {weight.data()};
  kernel->load_weights(parameters);
  Memory output(static_cast<std::size_t>(c.rows() * c.output().size()) * sizeof(float)), scratch(kernel->scratch_bytes()),
      packed(static_cast<std::size_t>(kernel->change_floats()) * sizeof(float));
  const void* inputs[1] = {input.data()};
  layers::ForwardArgs args;
  args.inputs = inputs, args.output = output.data(), args.parameters = parameters, args.scratch = scratch.data();
  args.shard.valid = valid;
  kernel->forward(args);
  Gathered result{{}, Doubles(static_cast<std::size_t>(kernel->neurons()))};
  kernel->shard_change(args, packed.floats(), result.moments.data());
  std::vector<float> plain(weight.size());
  const std::int64_t unit = kernel->row_unit(), columns = static_cast<std::int64_t>(weight.size()) / kernel->neurons();
  for (std::int64_t u = 0; u < kernel->neurons() / unit; ++u) kernel->unpack_rows(packed.floats(), u, plain.data() + u * unit * columns);
  result.change = read_back(plain.data(), static_cast<std::int64_t>(plain.size()));
  return result;
}

TEST(SoftHebbConv2d, gathers_answers_times_patches_of_valid_samples) {
  for (const std::int64_t filters : {3, 8, 16, 32})
    for (const std::int64_t channels : {1, 3, 16, 20})
      for (const bool soft : {true, false}) {
        auto options = options_of(filters);
        options.competition = {.inverse_temperature = 0.5f, .soft = soft};
        const LayerCase c = case_of(options, {5, 6, channels});
        const LayerValues values = random_values(c, 3);
        const auto shape = shape_of(c);
        const Doubles u = reference::convolution(shape, values.inputs[0], values.parameters[0], {});
        Doubles answers = reference::compete(u, filters, options.competition), moments(static_cast<std::size_t>(filters), 0.0);
        std::fill(answers.begin() + static_cast<std::ptrdiff_t>(answers.size() / 2), answers.end(), 0.0);  // one of two samples is padding
        for (std::size_t i = 0; i < u.size(); ++i) moments[i % moments.size()] += answers[i] * u[i];
        const Gathered found = gather(options, c, values, 1);
        const Doubles expected = reference::convolution_grad(shape, values.inputs[0], values.parameters[0], answers).weight;
        // An exponent t u carries the roundings of u, of which there are as many as inputs of a neuron.
        const double roundings = sum_of(30) + largest_magnitude(u) * sum_of(static_cast<double>(9 * channels));
        EXPECT_NEAR_ARRAY(found.change, expected, roundings, kRoundoffF32);
        EXPECT_NEAR_ARRAY(found.moments, moments, roundings, kRoundoffF32, largest_magnitude(u));
      }
}

TEST(SoftHebbConv2d, refuses_temperatures_and_radii_that_are_not_positive) {
  auto cold = options_of(3);
  cold.competition.inverse_temperature = 0;
  EXPECT_THROW(SoftHebbConv2d{cold}, InputError);
  auto small = options_of(3);
  small.radius = 0;
  EXPECT_THROW(SoftHebbConv2d{small}, InputError);
}

}  // namespace
}  // namespace reprise::tests
