#pragma once
// Convolution of small whole numbers on one thread through oneDNN, exact on every CPU.
//
// Legend: N samples, C input channels, H, W input size, K filters, R, S filter size, P, Q output size.
//   input [N, H, W, C] uint8 of 0 to 127, plain weight [K, C, R, S] int8 of -127 to 127, output [N, P, Q, K] int32.
// Objects are immutable after construction; calls are thread-safe.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "suite/kernels/convolution.hpp"

namespace reprise::kernels {

/// Levels of an input: 7 bits, so that the sum of two products fits in 16 bits, which is what CPUs without VNNI add up first.
inline constexpr int kLargestLevel = 127;

class IntegerConvolution {
 public:
  virtual ~IntegerConvolution() = default;
  virtual std::size_t packed_bytes() const = 0;
  virtual std::size_t scratch_bytes() const = 0;
  virtual void pack(const std::int8_t* weight, std::byte* packed) const = 0;
  virtual void forward(const std::uint8_t* input, const std::byte* packed, std::int32_t* output, std::byte* scratch) const = 0;
};

std::unique_ptr<IntegerConvolution> make_integer_convolution(const ConvolutionShape& shape);

}  // namespace reprise::kernels
