#pragma once
// Pooling of one sample as plain loops in double. See vector_kernels.hpp for geometry and shapes.

#include <vector>

#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::kernels::reference {

std::vector<double> max_pool(const std::vector<double>& input, const WindowGeometry& geometry);
std::vector<double> max_pool_grad(const std::vector<double>& input, const WindowGeometry& geometry, const std::vector<double>& grad_output);

std::vector<double> average_pool(const std::vector<double>& input, const WindowGeometry& geometry);
std::vector<double> average_pool_grad(const WindowGeometry& geometry, const std::vector<double>& grad_output);

/// t * log((1/n) * sum exp(x / t)), or without 1/n; temperature [C].
std::vector<double> log_avg_exp(const std::vector<double>& input, const WindowGeometry& geometry, const std::vector<double>& temperature,
                                bool subtract_count);
struct LogAvgExpGradients {
  std::vector<double> input, tau;  ///< [H, W, C], [C]; tau = log t
};
LogAvgExpGradients log_avg_exp_grad(const std::vector<double>& input, const WindowGeometry& geometry,
                                    const std::vector<double>& temperature, bool subtract_count, const std::vector<double>& grad_output);

}  // namespace reprise::kernels::reference
