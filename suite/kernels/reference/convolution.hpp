#pragma once
// Convolution and matrix product as plain loops in double. What the fast kernels are checked against; never on a fast path.

#include <cstdint>
#include <vector>

namespace reprise::kernels::reference {

/// input [N, H, W, C], weight [K, C/groups, R, R], bias [K], output [N, P, Q, K].
struct ConvolutionShape {
  std::int64_t samples = 1, height = 1, width = 1, channels = 1;
  std::int64_t filters = 1, filter_size = 1, stride = 1, padding = 0, groups = 1;
  bool reflect = false;  ///< padding mirrors the input without repeating its edge; zeros otherwise
  bool ceil = false;     ///< the last window may hang over the padded input, where it reads zeros

  std::int64_t out_height() const { return windows(height); }
  std::int64_t out_width() const { return windows(width); }
  std::int64_t windows(std::int64_t extent) const { return (extent + 2 * padding - filter_size + (ceil ? stride - 1 : 0)) / stride + 1; }
};

/// bias may be empty.
std::vector<double> convolution(const ConvolutionShape& shape, const std::vector<double>& input, const std::vector<double>& weight,
                                const std::vector<double>& bias);

struct ProductGradients {
  std::vector<double> input, weight, bias;
};
ProductGradients convolution_grad(const ConvolutionShape& shape, const std::vector<double>& input, const std::vector<double>& weight,
                                  const std::vector<double>& grad_output);

/// The same with filters and biases of each position's own: weight [P, Q, K, R, R, C], bias [P, Q, K]; one group, no reflection.
std::vector<double> locally_connected(const ConvolutionShape& shape, const std::vector<double>& input, const std::vector<double>& weight,
                                      const std::vector<double>& bias);
ProductGradients locally_connected_grad(const ConvolutionShape& shape, const std::vector<double>& input, const std::vector<double>& weight,
                                        const std::vector<double>& grad_output);

/// input [N, D], weight [K, D], bias [K] or empty, output [N, K].
std::vector<double> dense(std::int64_t samples, std::int64_t in_features, std::int64_t out_features, const std::vector<double>& input,
                          const std::vector<double>& weight, const std::vector<double>& bias);
ProductGradients dense_grad(std::int64_t samples, std::int64_t in_features, std::int64_t out_features, const std::vector<double>& input,
                            const std::vector<double>& weight, const std::vector<double>& grad_output);

}  // namespace reprise::kernels::reference
