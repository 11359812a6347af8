#pragma once
// What our own convolutions share: gradients of the weight come out plain, and that of the bias is a sum of columns.

#include "suite/kernels/convolution.hpp"

namespace reprise::kernels {

class PlainGradientConvolution : public Convolution {
 public:
  std::int64_t gradient_floats() const final { return weights(); }
  std::int64_t row_unit() const final;
  void unpack_rows(const float* packed_gradient, std::int64_t unit, float* gradient) const final;
  void backward_weight(const void* input, const void* grad_output, float* grad_weight, float* grad_bias, std::byte* scratch) const final {
    backward_weight_packed(input, grad_output, grad_weight, scratch);
    sum_bias(grad_output, grad_bias, scratch);
  }

 protected:
  PlainGradientConvolution(const ConvolutionShape& shape, Precision precision, bool has_bias, bool wants_grad_input)
      : shape_(shape), precision_(precision), has_bias_(has_bias), wants_grad_input_(wants_grad_input) {}

  std::int64_t inputs() const { return shape_.samples * shape_.height * shape_.width * shape_.in_channels; }
  std::int64_t weights() const { return shape_.filters * shape_.in_channels * shape_.filter_height * shape_.filter_width; }
  /// Overwrites grad_bias [K], if there is a bias, and the first 16 K bytes of scratch.
  void sum_bias(const void* grad_output, float* grad_bias, std::byte* scratch) const;

  ConvolutionShape shape_;
  Precision precision_;
  bool has_bias_, wants_grad_input_;
};

}  // namespace reprise::kernels
