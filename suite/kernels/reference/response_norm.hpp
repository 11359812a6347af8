#pragma once
// Local response normalisation across channels as plain loops in double.

#include <cstdint>
#include <vector>

namespace reprise::kernels::reference {

/// output = input * D^-exponent, D = offset + factor * sum of the squares of channels at most `reach` away, each row of `channels` by
/// itself.
struct ResponseNorm {
  std::int64_t channels = 1, reach = 2;
  double offset = 2, factor = 1e-4, exponent = 0.75;
};
std::vector<double> response_norm(const ResponseNorm& norm, const std::vector<double>& input);
std::vector<double> response_norm_grad(const ResponseNorm& norm, const std::vector<double>& input, const std::vector<double>& grad_output);

}  // namespace reprise::kernels::reference
