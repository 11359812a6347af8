#pragma once
// Soft winner-take-all learning as plain loops in double (Journé et al. 2023, arXiv 2209.11883).
//
// Legend: P positions of all samples, K neurons, D = C R S inputs of a neuron. Arrays are row-major.

#include <cstdint>
#include <vector>

#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::kernels::reference {

/// [rows, channels] -> max(x - mean of the row, 0)^power.
std::vector<double> triangle(const std::vector<double>& input, std::int64_t channels, double power);
std::vector<double> triangle_grad(const std::vector<double>& input, std::int64_t channels, double power,
                                  const std::vector<double>& grad_output);

/// [rows, channels] -> softmax of the row of gain * x.
std::vector<double> softmax(const std::vector<double>& input, std::int64_t channels, double gain);
std::vector<double> softmax_grad(const std::vector<double>& input, std::int64_t channels, double gain,
                                 const std::vector<double>& grad_output);

/// input [P, K] -> the response of every neuron, [P, K].
std::vector<double> compete(const std::vector<double>& input, std::int64_t channels, const Competition& terms);

/// How fast a layer learns: rate * (| |w| - 1 | + 1e-10)^exponent for each neuron.
struct PlasticRate {
  double rate = 0.01, exponent = 0.5;
};

/// One update: patches [P, D], u [P, K] what the competition reads, response [P, K], weight [K, D]:
///   change_k = sum_p response_kp (patch_p - u_kp weight_k), divided by the largest |change| of all + 1e-30
///   weight_k += rate_k change_k
/// Returns the new weight.
std::vector<double> plastic_update(const std::vector<double>& patches, const std::vector<double>& u, const std::vector<double>& response,
                                   const std::vector<double>& weight, std::int64_t neurons, const PlasticRate& rate);

}  // namespace reprise::kernels::reference
