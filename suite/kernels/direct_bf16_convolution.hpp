#pragma once
// Direct convolution of bfloat16 with products of bfloat16. The gradient of the input is added up where windows overlap, so that a stride
// costs no products with zeros, and the gradient of the weight is written in its plain format, once. Sums are float32, in one fixed order.

#include <memory>

#include "suite/kernels/convolution.hpp"

namespace reprise::kernels {

/// Whether it can be used: on CPUs that multiply bfloat16, for channels and filters in multiples of 32, in one group.
bool offers_direct_bf16(const ConvolutionShape& shape);

/// Needs offers_direct_bf16.
std::unique_ptr<Convolution> make_direct_bf16_convolution(const ConvolutionShape& shape, bool has_bias, bool wants_grad_input);

}  // namespace reprise::kernels
