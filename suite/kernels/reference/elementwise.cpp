#include "suite/kernels/reference/elementwise.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace reprise::kernels::reference {

namespace {

template <class F>
std::vector<double> mapped(const std::vector<double>& a, F f) {
  std::vector<double> result(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) result[i] = f(a[i]);
  return result;
}
template <class F>
std::vector<double> mapped(const std::vector<double>& a, const std::vector<double>& b, F f) {
  std::vector<double> result(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) result[i] = f(a[i], b[i]);
  return result;
}

double with_decay(double gradient, double w, const UpdateTerms& terms, bool decoupled) {
  const double sign = w > 0 ? 1 : w < 0 ? -1 : 0;
  return gradient + (decoupled ? 0.0 : static_cast<double>(terms.weight_decay) * w) + static_cast<double>(terms.l1) * sign;
}

}  // namespace

std::vector<double> relu(const std::vector<double>& input) {
  return mapped(input, [](double x) { return x > 0 ? x : 0; });
}

std::vector<double> relu_grad(const std::vector<double>& output, const std::vector<double>& grad_output, Rule rule) {
  return mapped(output, grad_output, [rule](double y, double dy) {
    const bool passes_forward = rule == Rule::deconvnet || y > 0, passes_back = rule == Rule::gradient || dy > 0;
    return passes_forward && passes_back ? dy : 0;
  });
}

std::vector<double> logistic(const std::vector<double>& input) {
  return mapped(input, [](double x) { return 1 / (1 + std::exp(-x)); });
}
std::vector<double> logistic_grad(const std::vector<double>& output, const std::vector<double>& grad_output) {
  return mapped(output, grad_output, [](double y, double dy) { return dy * y * (1 - y); });
}

std::vector<double> tanh(const std::vector<double>& input) {
  return mapped(input, [](double x) { return std::tanh(x); });
}
std::vector<double> tanh_grad(const std::vector<double>& output, const std::vector<double>& grad_output) {
  return mapped(output, grad_output, [](double y, double dy) { return dy * (1 - y * y); });
}

std::vector<double> gelu(const std::vector<double>& input) {
  return mapped(input, [](double x) { return x * std::erfc(-x / std::numbers::sqrt2) / 2; });
}
std::vector<double> gelu_grad(const std::vector<double>& input, const std::vector<double>& grad_output) {
  return mapped(input, grad_output, [](double x, double dy) {
    const double density = std::exp(-x * x / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
    return dy * (std::erfc(-x / std::numbers::sqrt2) / 2 + x * density);
  });
}

ChannelMoments channel_moments(const std::vector<double>& input, std::int64_t channels) {
  const auto C = static_cast<std::size_t>(channels);
  const double rows = static_cast<double>(input.size() / C);
  ChannelMoments moments{std::vector<double>(C), std::vector<double>(C)};
  for (std::size_t i = 0; i < input.size(); ++i) moments.mean[i % C] += input[i] / rows;
  for (std::size_t i = 0; i < input.size(); ++i) moments.variance[i % C] += std::pow(input[i] - moments.mean[i % C], 2) / rows;
  return moments;
}

std::vector<double> batch_norm(const std::vector<double>& input, const std::vector<double>& gamma, const std::vector<double>& beta,
                               double epsilon) {
  const std::size_t C = gamma.size();
  const ChannelMoments moments = channel_moments(input, static_cast<std::int64_t>(C));
  std::vector<double> output(input.size());
  for (std::size_t i = 0; i < input.size(); ++i)
    output[i] = gamma[i % C] * (input[i] - moments.mean[i % C]) / std::sqrt(moments.variance[i % C] + epsilon) + beta[i % C];
  return output;
}

BatchNormGradients batch_norm_grad(const std::vector<double>& input, const std::vector<double>& gamma, double epsilon,
                                   const std::vector<double>& grad_output) {
  const std::size_t C = gamma.size();
  const double rows = static_cast<double>(input.size() / C);
  const std::vector<double> normal = batch_norm(input, std::vector<double>(C, 1.0), std::vector<double>(C, 0.0), epsilon);
  const ChannelMoments moments = channel_moments(input, static_cast<std::int64_t>(C));
  BatchNormGradients grads{std::vector<double>(input.size()), std::vector<double>(C), std::vector<double>(C)};
  for (std::size_t i = 0; i < input.size(); ++i) {
    grads.gamma[i % C] += grad_output[i] * normal[i];
    grads.beta[i % C] += grad_output[i];
  }
  for (std::size_t i = 0; i < input.size(); ++i) {
    const std::size_t c = i % C;
    grads.input[i] =
        gamma[c] / std::sqrt(moments.variance[c] + epsilon) * (grad_output[i] - grads.beta[c] / rows - normal[i] * grads.gamma[c] / rows);
  }
  return grads;
}

LossAndGradient soft_target_cross_entropy(const std::vector<double>& logits, const std::vector<double>& target) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const double z : logits) sum += std::exp(z - largest);
  LossAndGradient result{0, std::vector<double>(logits.size())};
  for (std::size_t k = 0; k < logits.size(); ++k) {
    const double log_p = logits[k] - largest - std::log(sum);
    result.loss -= target[k] * log_p;
    result.gradient[k] = std::exp(log_p) - target[k];
  }
  return result;
}

LossAndGradient softmax_cross_entropy(const std::vector<double>& logits, std::size_t label, double smoothing) {
  std::vector<double> target(logits.size(), smoothing / static_cast<double>(logits.size()));
  target[label] += 1 - smoothing;
  return soft_target_cross_entropy(logits, target);
}

LossAndGradient distillation(const std::vector<double>& logits, const std::vector<double>& teacher, std::size_t label, double smoothing,
                             double weight, double temperature) {
  std::vector<double> own(logits), taught(teacher), q;
  for (double& z : own) z /= temperature;
  double sum = 0;
  for (double& z : taught) sum += std::exp(z /= temperature);
  for (const double z : taught) q.push_back(std::exp(z) / sum);
  const LossAndGradient hard = softmax_cross_entropy(logits, label, smoothing), soft = soft_target_cross_entropy(own, q);
  double entropy = 0;
  for (const double share : q) entropy -= share > 0 ? share * std::log(share) : 0;
  LossAndGradient result{(1 - weight) * hard.loss + weight * temperature * temperature * (soft.loss - entropy), hard.gradient};
  for (std::size_t k = 0; k < logits.size(); ++k)
    result.gradient[k] = (1 - weight) * hard.gradient[k] + weight * temperature * soft.gradient[k];
  return result;
}

LossAndGradient squared_error(const std::vector<double>& value, const std::vector<double>& target) {
  LossAndGradient result{0, mapped(value, target, [&](double v, double t) { return (v - t) / static_cast<double>(value.size()); })};
  for (std::size_t i = 0; i < value.size(); ++i) result.loss += std::pow(value[i] - target[i], 2) / (2 * static_cast<double>(value.size()));
  return result;
}

LossAndGradient logistic_cross_entropy(const std::vector<double>& value, const std::vector<double>& target) {
  const double n = static_cast<double>(value.size());
  LossAndGradient result{0, mapped(value, target, [&](double v, double t) { return (1 / (1 + std::exp(-v)) - t) / n; })};
  for (std::size_t i = 0; i < value.size(); ++i)
    result.loss += (std::max(value[i], 0.0) + std::log1p(std::exp(-std::abs(value[i]))) - target[i] * value[i]) / n;
  return result;
}

LossAndGradient margin(const std::vector<double>& value, std::size_t label) {
  LossAndGradient result{0, std::vector<double>(value.size())};
  for (std::size_t k = 0; k < value.size(); ++k) {
    const double excess = std::max(0.0, k == label ? 0.9 - value[k] : value[k] - 0.1), weight = k == label ? 1 : 0.5;
    result.loss += weight * excess * excess;
    result.gradient[k] = (k == label ? -2 : 2) * weight * excess;
  }
  return result;
}

LossAndGradient squared_hinge(const std::vector<double>& value, std::size_t label) {
  LossAndGradient result{0, std::vector<double>(value.size())};
  for (std::size_t k = 0; k < value.size(); ++k) {
    const double sign = k == label ? 1 : -1, excess = std::max(0.0, 1 - sign * value[k]);
    result.loss += excess * excess;
    result.gradient[k] = -2 * sign * excess;
  }
  return result;
}

void sgd(std::vector<double>& weight, const std::vector<double>& gradient, std::vector<double>& velocity, const UpdateTerms& terms) {
  const double momentum = static_cast<double>(terms.momentum);
  for (std::size_t i = 0; i < weight.size(); ++i) {
    const double g = with_decay(gradient[i], weight[i], terms, false);
    velocity[i] = momentum * velocity[i] + g;
    weight[i] -= static_cast<double>(terms.rate) * (terms.nesterov ? g + momentum * velocity[i] : velocity[i]);
  }
}

void adam(std::vector<double>& weight, const std::vector<double>& gradient, std::vector<double>& first, std::vector<double>& second,
          const UpdateTerms& terms) {
  const double beta1 = static_cast<double>(terms.beta1), beta2 = static_cast<double>(terms.beta2), rate = static_cast<double>(terms.rate);
  for (std::size_t i = 0; i < weight.size(); ++i) {
    const double g = with_decay(gradient[i], weight[i], terms, terms.decoupled);
    first[i] = beta1 * first[i] + (1 - beta1) * g;
    second[i] = beta2 * second[i] + (1 - beta2) * g * g;
    if (terms.decoupled) weight[i] -= rate * static_cast<double>(terms.weight_decay) * weight[i];
    const double root = std::sqrt(second[i] / static_cast<double>(terms.correction2));
    weight[i] -= rate * (first[i] / static_cast<double>(terms.correction1)) / (root + static_cast<double>(terms.epsilon));
  }
}

void max_norm(std::vector<double>& weight, std::int64_t length, double bound) {
  const auto row = static_cast<std::size_t>(length);
  for (std::size_t begin = 0; begin < weight.size(); begin += row) {
    double square = 0;
    for (std::size_t i = begin; i < begin + row; ++i) square += weight[i] * weight[i];
    if (std::sqrt(square) <= bound) continue;
    for (std::size_t i = begin; i < begin + row; ++i) weight[i] *= bound / std::sqrt(square);
  }
}

}  // namespace reprise::kernels::reference
