#pragma once

#include <cstddef>
#include <cstdint>

#include "suite/tensor/shape.hpp"

namespace reprise::layers {

/// Mirrored borders made explicit, so that a convolution itself needs no padding. The edge is not repeated.
class ReflectPadding {
 public:
  ReflectPadding(const SampleShape& shape, std::int64_t padding, int samples) : shape_(shape), padding_(padding), samples_(samples) {}

  SampleShape padded() const { return {shape_.height + 2 * padding_, shape_.width + 2 * padding_, shape_.channels}; }
  /// Of the padded samples, a multiple of the alignment.
  std::size_t bytes(Precision precision) const;
  /// input [N, H, W, C] -> output [N, H + 2 padding, W + 2 padding, C].
  void pad(Precision precision, const void* input, void* output) const;
  /// The transpose of pad: every padded cell's gradient goes to the pixel that it mirrors. sums [N, H, W, C] is scratch.
  void fold(Precision precision, const void* grad_padded, void* grad_input, float* sums) const;

 private:
  template <typename Body>
  void for_each_pixel(Body body) const;
  template <typename T>
  void fold_stored(const T* grad_padded, T* grad_input, float* sums) const;

  SampleShape shape_;
  std::int64_t padding_;
  int samples_;
};

}  // namespace reprise::layers
