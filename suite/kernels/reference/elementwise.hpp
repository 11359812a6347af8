#pragma once
// Elementwise functions, normalisation and losses as plain loops in double.

#include <cstdint>
#include <vector>

#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::kernels::reference {

std::vector<double> relu(const std::vector<double>& input);
std::vector<double> relu_grad(const std::vector<double>& output, const std::vector<double>& grad_output, Rule rule);
std::vector<double> logistic(const std::vector<double>& input);
std::vector<double> logistic_grad(const std::vector<double>& output, const std::vector<double>& grad_output);
std::vector<double> tanh(const std::vector<double>& input);
std::vector<double> tanh_grad(const std::vector<double>& output, const std::vector<double>& grad_output);
/// x Phi(x) with the standard normal distribution Phi; the gradient reads the input.
std::vector<double> gelu(const std::vector<double>& input);
std::vector<double> gelu_grad(const std::vector<double>& input, const std::vector<double>& grad_output);

/// Mean and biased variance of each of C channels over the rows of input [rows, C].
struct ChannelMoments {
  std::vector<double> mean, variance;
};
ChannelMoments channel_moments(const std::vector<double>& input, std::int64_t channels);

/// gamma * (input - mean) / sqrt(variance + epsilon) + beta with the input's own moments; gamma, beta [C].
std::vector<double> batch_norm(const std::vector<double>& input, const std::vector<double>& gamma, const std::vector<double>& beta,
                               double epsilon);
struct BatchNormGradients {
  std::vector<double> input, gamma, beta;
};
BatchNormGradients batch_norm_grad(const std::vector<double>& input, const std::vector<double>& gamma, double epsilon,
                                   const std::vector<double>& grad_output);

/// Loss of one sample and its gradient.
struct LossAndGradient {
  double loss = 0;
  std::vector<double> gradient;
};
LossAndGradient softmax_cross_entropy(const std::vector<double>& logits, std::size_t label, double smoothing);
/// target: a distribution over the classes.
LossAndGradient soft_target_cross_entropy(const std::vector<double>& logits, const std::vector<double>& target);
/// (1 - weight) cross-entropy with the label + weight T^2 KL(softmax(teacher / T) || softmax(logits / T)), T = temperature.
LossAndGradient distillation(const std::vector<double>& logits, const std::vector<double>& teacher, std::size_t label, double smoothing,
                             double weight, double temperature);
LossAndGradient squared_error(const std::vector<double>& value, const std::vector<double>& target);
LossAndGradient logistic_cross_entropy(const std::vector<double>& value, const std::vector<double>& target);
/// Sabour et al. 2017, equation 4 (arXiv 1710.09829), with the numbers of the paper: 0.9, 0.1 and a half.
LossAndGradient margin(const std::vector<double>& value, std::size_t label);
LossAndGradient squared_hinge(const std::vector<double>& value, std::size_t label);

/// One update in double, as UpdateTerms says; the state vectors are updated in place.
void sgd(std::vector<double>& weight, const std::vector<double>& gradient, std::vector<double>& velocity, const UpdateTerms& terms);
void adam(std::vector<double>& weight, const std::vector<double>& gradient, std::vector<double>& first, std::vector<double>& second,
          const UpdateTerms& terms);
void max_norm(std::vector<double>& weight, std::int64_t length, double bound);

}  // namespace reprise::kernels::reference
