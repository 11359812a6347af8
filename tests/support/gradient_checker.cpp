#include "tests/support/gradient_checker.hpp"

#include <algorithm>
#include <cmath>

namespace reprise::tests {

namespace {

Difference named(Difference found, const std::string& what) {
  found.text = what + found.text;
  return found;
}

/// The objective whose gradient backward() computes.
double objective(const Reference& reference, const LayerValues& values, const Doubles& grad_output) {
  const Doubles output = reference.forward(values);
  double sum = reference.penalty ? reference.penalty(values) : 0.0;
  for (std::size_t i = 0; i < output.size(); ++i) sum += output[i] * grad_output[i];
  return sum;
}

double central_difference(const Reference& reference, LayerValues& values, double& x, const Doubles& grad_output) {
  const double kept = x;
  x = kept + kDifferenceStep;
  const double above = objective(reference, values, grad_output);
  x = kept - kDifferenceStep;
  const double below = objective(reference, values, grad_output);
  x = kept;
  return (above - below) / (2 * kDifferenceStep);
}

}  // namespace

const Difference& worse(const Difference& a, const Difference& b) {
  return a.ratio >= b.ratio ? a : b;
}

std::function<Doubles(const LayerValues&)> sample_by_sample(const LayerCase& layer_case, std::function<Doubles(const Doubles&)> f) {
  const std::int64_t size = layer_case.inputs[0].size();
  return [size, f](const LayerValues& values) {
    Doubles output;
    for (auto begin = values.inputs[0].begin(); begin != values.inputs[0].end(); begin += size) {
      const Doubles part = f(Doubles(begin, begin + size));
      output.insert(output.end(), part.begin(), part.end());
    }
    return output;
  };
}

std::function<LayerResult(const LayerValues&, const Doubles&)> sample_by_sample_back(
    const LayerCase& layer_case, std::function<Doubles(const Doubles&, const Doubles&)> f) {
  const std::int64_t size = layer_case.inputs[0].size(), out = layer_case.output().size();
  return [size, out, f](const LayerValues& values, const Doubles& grad_output) {
    LayerResult result;
    result.grad_inputs.resize(1);
    auto grad = grad_output.begin();
    for (auto begin = values.inputs[0].begin(); begin != values.inputs[0].end(); begin += size, grad += out) {
      const Doubles part = f(Doubles(begin, begin + size), Doubles(grad, grad + out));
      result.grad_inputs[0].insert(result.grad_inputs[0].end(), part.begin(), part.end());
    }
    return result;
  };
}

Difference against_reference(const LayerCase& layer_case, const Reference& reference, const Roundings& roundings, std::uint64_t seed) {
  const LayerValues values = random_values(layer_case, seed);
  const Doubles grad_output = random_grad_output(layer_case, seed + 50);
  const LayerResult actual = run_layer(layer_case, values, grad_output);
  const LayerResult expected = reference.backward(values, grad_output);
  const double output_tolerance = tolerance(roundings.output, layer_case.precision);
  const double gradient_tolerance = tolerance(roundings.gradient, layer_case.precision, roundings.stored_gradient);
  const auto valid = static_cast<std::ptrdiff_t>(layer_case.count * layer_case.output().size());

  Doubles expected_output = reference.forward(values);
  expected_output.resize(static_cast<std::size_t>(valid));
  Difference found =
      named(difference(Doubles(actual.output.begin(), actual.output.begin() + valid), expected_output, 1, output_tolerance), "output ");
  for (std::size_t i = 0; i < expected.grad_inputs.size(); ++i)
    found = worse(found, named(difference(actual.grad_inputs[i], expected.grad_inputs[i], 1, gradient_tolerance),
                               "grad input " + std::to_string(i) + " "));
  for (std::size_t p = 0; p < expected.grad_parameters.size(); ++p)
    // Parameter gradients are float32 whatever the storage.
    found = worse(found, named(difference(actual.grad_parameters[p], expected.grad_parameters[p], roundings.gradient, kRoundoffF32),
                               "grad parameter " + std::to_string(p) + " "));
  return found;
}

Difference against_differences(const LayerCase& layer_case, const Reference& reference, const Roundings& roundings, std::uint64_t seed) {
  LayerValues values = random_values(layer_case, seed);
  const Doubles grad_output = random_grad_output(layer_case, seed + 50);
  const LayerResult actual = run_layer(layer_case, values, grad_output);
  // Differences of the objective carry its rounding, 2^-53 of the sum of magnitudes, divided by the step.
  const double unit = roundings.gradient * kRoundoffF32 + kDifferenceError;
  Difference found;
  for (std::size_t i = 0; i < values.inputs.size(); ++i) {
    Doubles expected(values.inputs[i].size(), 0.0);
    const auto valid = static_cast<std::size_t>(layer_case.count * layer_case.inputs[i].size());
    for (std::size_t j = 0; j < valid; ++j) expected[j] = central_difference(reference, values, values.inputs[i][j], grad_output);
    found = worse(found, named(difference(actual.grad_inputs[i], expected, 1, unit, 0.1), "grad input " + std::to_string(i) + " "));
  }
  for (std::size_t p = 0; p < values.parameters.size(); ++p) {
    if (actual.grad_parameters[p].empty()) continue;
    Doubles expected;
    for (double& x : values.parameters[p]) expected.push_back(central_difference(reference, values, x, grad_output));
    found = worse(found, named(difference(actual.grad_parameters[p], expected, 1, unit, 0.1), "grad parameter " + std::to_string(p) + " "));
  }
  return found;
}

}  // namespace reprise::tests
