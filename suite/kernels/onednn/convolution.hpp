#pragma once
// Convolution on one thread through oneDNN: forward, input gradient, weight gradient, channels-last activations.
//
// Legend: N samples, C input channels, H, W input size, K filters, R, S filter size, P, Q output size, G groups.
//   input [N, H, W, C], output [N, P, Q, K], plain weight [K, C/G, R, S] float32, bias [K] float32.
// Objects are immutable after construction; calls are thread-safe.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "suite/tensor/shape.hpp"

namespace reprise::kernels {

struct ConvolutionShape {
  std::int64_t samples = 1;
  std::int64_t in_channels = 1, height = 1, width = 1;
  std::int64_t filters = 1, filter_height = 1, filter_width = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;  ///< zeros, on all four sides
  std::int64_t groups = 1;
  std::int64_t out_height() const { return (height + 2 * padding - filter_height) / stride + 1; }
  std::int64_t out_width() const { return (width + 2 * padding - filter_width) / stride + 1; }
};

class Convolution {
 public:
  Convolution(const ConvolutionShape& shape, Precision precision, bool has_bias, bool wants_grad_input);
  ~Convolution();

  std::size_t packed_bytes() const;
  std::size_t scratch_bytes() const;
  /// weight -> the formats of the forward and input-gradient kernels.
  void pack(const float* weight, std::byte* packed) const;
  void forward(const void* input, const std::byte* packed, const float* bias, void* output, std::byte* scratch) const;
  /// Overwrites grad_input.
  void backward_input(const void* grad_output, const std::byte* packed, void* grad_input, std::byte* scratch) const;
  /// Overwrites grad_weight (plain) and grad_bias (null without bias).
  void backward_weight(const void* input, const void* grad_output, float* grad_weight, float* grad_bias, std::byte* scratch) const;
  /// Names of the chosen implementations, "brgconv:avx512_core / ... / ...".
  const char* implementations() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reprise::kernels
