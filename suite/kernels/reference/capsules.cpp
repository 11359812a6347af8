#include "suite/kernels/reference/capsules.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace reprise::kernels::reference {

namespace {

double length(const double* values, std::int64_t n) {
  double square = 0;
  for (std::int64_t i = 0; i < n; ++i) square += values[i] * values[i];
  return std::sqrt(square);
}

Numbers part(const Numbers& all, std::int64_t index, std::int64_t size) {
  return Numbers(all.begin() + index * size, all.begin() + (index + 1) * size);
}

std::size_t at(std::int64_t index) {
  return static_cast<std::size_t>(index);
}

}  // namespace

Numbers squash(const Numbers& s) {
  const double n = length(s.data(), static_cast<std::int64_t>(s.size()));
  Numbers v(s.size());
  for (std::size_t i = 0; i < s.size(); ++i) v[i] = n / (1 + n * n) * s[i];
  return v;
}

Numbers squash_grad(const Numbers& s, const Numbers& grad_output) {
  const double n = length(s.data(), static_cast<std::int64_t>(s.size()));
  double product = 0;
  for (std::size_t i = 0; i < s.size(); ++i) product += s[i] * grad_output[i];
  Numbers grad(s.size());
  for (std::size_t i = 0; i < s.size(); ++i) {
    grad[i] = n / (1 + n * n) * grad_output[i];
    if (n > 0) grad[i] += (1 - n * n) / ((1 + n * n) * (1 + n * n)) / n * product * s[i];
  }
  return grad;
}

Routed route(const CapsuleLayer& l, const Numbers& input, const Numbers& weight, const Numbers& bias) {
  const std::int64_t size = l.outputs * l.output_dimensions;
  Numbers votes(at(l.inputs * size)), factors(at(l.inputs * l.outputs), 1.0), logits(factors.size());
  for (std::int64_t i = 0; i < l.inputs; ++i) {
    for (std::int64_t d = 0; d < l.input_dimensions; ++d)
      for (std::int64_t o = 0; o < size; ++o)
        votes[at(i * size + o)] += input[at(i * l.input_dimensions + d)] * weight[at((i * l.input_dimensions + d) * size + o)];
    for (std::int64_t j = 0; l.scaled_distance && j < l.outputs; ++j) {
      double* vote = votes.data() + i * size + j * l.output_dimensions;
      const double longest = length(input.data() + i * l.input_dimensions, l.input_dimensions), n = length(vote, l.output_dimensions);
      if (n <= longest) continue;
      factors[at(i * l.outputs + j)] = longest / n;
      for (std::int64_t d = 0; d < l.output_dimensions; ++d) vote[d] *= longest / n;
    }
  }
  Routed routed;
  for (int t = 0; t < l.iterations; ++t) {
    routed.coefficients.assign(factors.size(), 0.0);
    routed.sums = bias.empty() ? Numbers(at(size), 0.0) : bias;
    for (std::int64_t i = 0; i < l.inputs; ++i) {
      double total = 0;
      for (std::int64_t j = 0; j < l.outputs; ++j) total += std::exp(logits[at(i * l.outputs + j)]);
      for (std::int64_t j = 0; j < l.outputs; ++j) {
        const double c = routed.coefficients[at(i * l.outputs + j)] = std::exp(logits[at(i * l.outputs + j)]) / total;
        for (std::int64_t d = 0; d < l.output_dimensions; ++d)
          routed.sums[at(j * l.output_dimensions + d)] += c * votes[at(i * size + j * l.output_dimensions + d)];
      }
    }
    routed.output.clear();
    for (std::int64_t j = 0; j < l.outputs; ++j) {
      const Numbers v = squash(part(routed.sums, j, l.output_dimensions));
      routed.output.insert(routed.output.end(), v.begin(), v.end());
    }
    Numbers distances(factors.size());
    double mean = 0;
    for (std::int64_t p = 0; p < l.inputs * l.outputs; ++p) {
      double agreement = 0, square = 0;
      for (std::int64_t d = 0; d < l.output_dimensions; ++d) {
        const double v = routed.output[at(p % l.outputs * l.output_dimensions + d)], vote = votes[at(p * l.output_dimensions + d)];
        agreement += v * vote;
        square += (v - vote) * (v - vote);
      }
      distances[at(p)] = std::sqrt(square);
      mean += distances[at(p)] / static_cast<double>(factors.size());
      if (!l.scaled_distance) logits[at(p)] += agreement;
    }
    const double scale = (std::log(0.9 * static_cast<double>(l.outputs - 1)) - std::log(0.1)) / (mean / 2 - mean);
    for (std::size_t p = 0; l.scaled_distance && p < factors.size(); ++p) logits[p] = scale * distances[p];
  }
  for (std::size_t p = 0; p < factors.size(); ++p) routed.coefficients[p] *= factors[p];
  return routed;
}

CapsuleGradients route_grad(const CapsuleLayer& l, const Numbers& input, const Numbers& weight, const Routed& routed,
                            const Numbers& grad_output) {
  const std::int64_t size = l.outputs * l.output_dimensions;
  CapsuleGradients grad{Numbers(input.size()), Numbers(weight.size()), {}};
  for (std::int64_t j = 0; j < l.outputs; ++j) {
    const Numbers ds = squash_grad(part(routed.sums, j, l.output_dimensions), part(grad_output, j, l.output_dimensions));
    grad.bias.insert(grad.bias.end(), ds.begin(), ds.end());
  }
  for (std::int64_t i = 0; i < l.inputs; ++i)
    for (std::int64_t d = 0; d < l.input_dimensions; ++d)
      for (std::int64_t o = 0; o < size; ++o) {
        const double vote = routed.coefficients[at(i * l.outputs + o / l.output_dimensions)] * grad.bias[at(o)];
        const std::size_t u = at(i * l.input_dimensions + d), w = at((i * l.input_dimensions + d) * size + o);
        grad.input[u] += vote * weight[w];
        grad.weight[w] += vote * input[u];
      }
  return grad;
}

namespace {

/// Inputs of all layers, then the output of the stack.
std::vector<Numbers> values_of(const MomentumStack& stack, const Numbers& input, const std::vector<Numbers>& weights,
                               std::vector<Routed>& routed) {
  std::vector<Numbers> inputs;
  Numbers x = input, v(input.size()), before;
  const std::size_t stride = stack.layer.scaled_distance ? 2 : 1;
  for (std::size_t k = 0; k < weights.size() / stride; ++k) {
    if (k % 2 == 0) before = x;
    if (k % 2 == 0 && stack.restart) v.assign(x.size(), 0.0);
    inputs.push_back(x);
    routed.push_back(route(stack.layer, x, weights[k * stride], stride > 1 ? weights[k * stride + 1] : Numbers{}));
    for (std::size_t i = 0; i < x.size(); ++i) {
      v[i] = stack.momentum * v[i] + (1 - stack.momentum) * routed.back().output[i];
      x[i] += v[i];
      if (k % 2 == 1 && stack.doubled) x[i] += before[i];
    }
  }
  inputs.push_back(x);
  return inputs;
}

}  // namespace

Numbers momentum_stack(const MomentumStack& stack, const Numbers& input, const std::vector<Numbers>& weights) {
  std::vector<Routed> routed;
  return values_of(stack, input, weights, routed).back();
}

StackGradients momentum_stack_grad(const MomentumStack& stack, const Numbers& input, const std::vector<Numbers>& weights,
                                   const Numbers& grad_output) {
  std::vector<Routed> routed;
  const std::vector<Numbers> inputs = values_of(stack, input, weights, routed);
  StackGradients grads{grad_output, std::vector<Numbers>(weights.size())};
  Numbers grad_v(input.size()), skip;
  const std::size_t stride = stack.layer.scaled_distance ? 2 : 1;
  for (std::size_t k = weights.size() / stride; k-- > 0;) {
    if (k % 2 == 1) skip = grads.input;
    if (k % 2 == 1 && stack.restart) grad_v.assign(input.size(), 0.0);
    Numbers grad_f(input.size());
    for (std::size_t i = 0; i < input.size(); ++i) {
      const double both = grads.input[i] + grad_v[i];
      grad_f[i] = (1 - stack.momentum) * both;
      grad_v[i] = stack.momentum * both;
    }
    CapsuleGradients layer = route_grad(stack.layer, inputs[k], weights[k * stride], routed[k], grad_f);
    grads.weights[k * stride] = std::move(layer.weight);
    if (stride > 1) grads.weights[k * stride + 1] = std::move(layer.bias);
    for (std::size_t i = 0; i < input.size(); ++i) grads.input[i] += layer.input[i] + (k % 2 == 0 && stack.doubled ? skip[i] : 0.0);
  }
  return grads;
}

}  // namespace reprise::kernels::reference
