#pragma once
// 3 x 3 convolution of bfloat16 by minimal filtering with products of bfloat16: 2.25 times fewer of them. Sums are float32, in one fixed
// order.

#include <memory>

#include "suite/kernels/convolution.hpp"

namespace reprise::kernels {

/// How many products of a direct convolution one product of minimal filtering stands for; 0 where it cannot be used: on CPUs that do not
/// multiply bfloat16, for filters other than 3 x 3, with a stride, groups, or more padding than the filter reaches.
double winograd_bf16_saving(const ConvolutionShape& shape);

/// Needs winograd_bf16_saving > 0.
std::unique_ptr<Convolution> make_winograd_bf16_convolution(const ConvolutionShape& shape, bool has_bias, bool wants_grad_input);

}  // namespace reprise::kernels
