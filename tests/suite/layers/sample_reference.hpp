#pragma once
// References of layers with parameters that work on each sample alone.

#include <gtest/gtest.h>

#include "tests/support/gradient_checker.hpp"

namespace reprise::tests {

inline LayerCase five_samples(std::shared_ptr<const layers::Layer> layer, SampleShape input, Precision precision = Precision::f32) {
  LayerCase result;
  result.layer = std::move(layer);
  result.inputs = {input};
  result.samples = 3, result.shards = 2, result.count = 5;
  result.precision = precision;
  return result;
}

/// Random draws belong to samples: six of them come out the same, in two shards of three or in six of one.
inline void expect_draws_do_not_depend_on_shards(LayerCase two) {
  two.samples = 3, two.shards = 2;
  LayerCase six = two;
  six.samples = 1, six.shards = 6;
  const LayerValues values = random_values(two, 5);
  EXPECT_EQ(run_layer(two, values).output, run_layer(six, values).output);
}

/// f(sample, its number, parameters) -> output.
using SampleForward = std::function<Doubles(const Doubles&, std::int64_t, const std::vector<Doubles>&)>;
/// g(sample, its number, parameters, gradient of the output) -> gradients of the sample and of every parameter.
using SampleBackward = std::function<std::vector<Doubles>(const Doubles&, std::int64_t, const std::vector<Doubles>&, const Doubles&)>;

inline Reference of_samples(const LayerCase& c, SampleForward f, SampleBackward g) {
  const std::int64_t in = c.inputs[0].size(), out = c.output().size(), rows = c.rows();
  const auto part = [](const Doubles& all, std::int64_t index, std::int64_t size) {
    return Doubles(all.begin() + index * size, all.begin() + (index + 1) * size);
  };
  Reference result;
  result.forward = [=](const LayerValues& v) {
    Doubles output;
    for (std::int64_t n = 0; n < rows; ++n) {
      const Doubles one = f(part(v.inputs[0], n, in), n, v.parameters);
      output.insert(output.end(), one.begin(), one.end());
    }
    return output;
  };
  result.backward = [=](const LayerValues& v, const Doubles& grad_output) {
    LayerResult back;
    back.grad_inputs.resize(1);
    for (const Doubles& parameter : v.parameters) back.grad_parameters.emplace_back(parameter.size());
    for (std::int64_t n = 0; n < rows; ++n) {
      const std::vector<Doubles> grads = g(part(v.inputs[0], n, in), n, v.parameters, part(grad_output, n, out));
      back.grad_inputs[0].insert(back.grad_inputs[0].end(), grads[0].begin(), grads[0].end());
      for (std::size_t p = 0; p < v.parameters.size(); ++p)
        for (std::size_t i = 0; i < v.parameters[p].size(); ++i) back.grad_parameters[p][i] += grads[p + 1][i];
    }
    return back;
  };
  return result;
}

}  // namespace reprise::tests
