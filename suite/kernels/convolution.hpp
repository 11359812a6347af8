#pragma once
// Convolution on one thread: forward, input gradient, weight gradient, channels-last activations.
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
  std::int64_t more_below = 0, more_right = 0;  ///< further zeros, below and to the right
  std::int64_t out_height() const { return (height + 2 * padding + more_below - filter_height) / stride + 1; }
  std::int64_t out_width() const { return (width + 2 * padding + more_right - filter_width) / stride + 1; }
};

class Convolution {
 public:
  virtual ~Convolution() = default;

  virtual std::size_t packed_bytes() const = 0;
  virtual std::size_t scratch_bytes() const = 0;
  /// weight -> the formats of the forward and input-gradient kernels.
  virtual void pack(const float* weight, std::byte* packed) const = 0;
  /// The same in parts, which may be packed at once: millions of weights take one thread as long as some shards take it.
  virtual std::int64_t packing_parts() const { return 1; }
  virtual void pack_part(const float* weight, std::int64_t, std::byte* packed) const { pack(weight, packed); }
  virtual void forward(const void* input, const std::byte* packed, const float* bias, void* output, std::byte* scratch) const = 0;
  /// Overwrites grad_input.
  virtual void backward_input(const void* grad_output, const std::byte* packed, void* grad_input, std::byte* scratch) const = 0;
  /// Overwrites grad_weight (plain) and grad_bias (null without bias).
  virtual void backward_weight(const void* input, const void* grad_output, float* grad_weight, float* grad_bias,
                               std::byte* scratch) const = 0;
  /// Both, to the same bits; what both need is computed once.
  virtual void backward(const void* input, const void* grad_output, const std::byte* packed, float* grad_weight, float* grad_bias,
                        void* grad_input, std::byte* scratch) const {
    backward_weight(input, grad_output, grad_weight, grad_bias, scratch);
    backward_input(grad_output, packed, grad_input, scratch);
  }
  // The same weight gradient left in the kernel's own format, where shards can be summed; then unpacked a few rows at a time.
  virtual std::int64_t gradient_floats() const = 0;
  /// Overwrites packed_gradient [gradient_floats]. For convolutions that were made without bias.
  virtual void backward_weight_packed(const void* input, const void* grad_output, float* packed_gradient, std::byte* scratch) const = 0;
  /// Rows that unpack_rows takes at a time, a divisor of K: they are contiguous in the packed gradient, units in order of rows.
  virtual std::int64_t row_unit() const = 0;
  /// Rows [unit * row_unit, + row_unit) -> gradient [row_unit, C/G, R, S]; `packed_gradient` points at the whole.
  virtual void unpack_rows(const float* packed_gradient, std::int64_t unit, float* gradient) const = 0;
};

/// The faster of direct convolution and minimal filtering for this shape, by a rule that depends on the shape and the kind of CPU only.
std::unique_ptr<Convolution> make_convolution(const ConvolutionShape& shape, Precision precision, bool has_bias, bool wants_grad_input);

}  // namespace reprise::kernels
