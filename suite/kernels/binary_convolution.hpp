#pragma once
// Convolution of signs: inputs and weights are -1 or 1, a bit each, 64 of them multiplied and added by one exclusive or and one count.
//
// Legend: C input channels, W = words of 64 bits that hold them, K filters.
//   bits [positions, W]: bit c % 64 of word c / 64 is set where channel c is 1; bits beyond C are 0.
//   output [P, Q, K] int32 = sum over the window's cells inside the input and over C of input * weight: cells of padding count as 0.

#include <cstdint>
#include <vector>

#include "suite/kernels/convolution.hpp"

namespace reprise::kernels {

std::int64_t words_of_signs(std::int64_t channels);

/// values [positions, C] -> bits; the sign of 0 is 1.
void pack_signs(const float* values, std::int64_t positions, std::int64_t channels, std::uint64_t* bits);

class BinaryConvolution {
 public:
  /// `shape.samples` is ignored: one sample at a time. No groups.
  explicit BinaryConvolution(const ConvolutionShape& shape);
  /// weight [K, C, R, S]; its signs are kept.
  void load(const float* weight);
  std::int64_t weight_bytes() const { return static_cast<std::int64_t>(weights_.size() * sizeof(std::uint64_t)); }
  /// One sample. Thread-safe.
  void forward(const std::uint64_t* bits, std::int32_t* output) const;

 private:
  ConvolutionShape shape_;
  std::int64_t words_;
  std::vector<std::uint64_t> weights_;  ///< [R, S, W, K]
};

}  // namespace reprise::kernels
