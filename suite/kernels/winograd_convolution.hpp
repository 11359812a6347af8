#pragma once
// Convolution by minimal filtering (Winograd), in float32: 3 x 3 and 5 x 5 filters with 4 and 2.8 times fewer products, 3 x 3, 5 x 5
// and 9 x 9 filters of stride 2 with 1.4, 2.8 and 2.3 times fewer.
// Sums run in one fixed order, whatever the width of the registers.

#include <memory>

#include "suite/kernels/convolution.hpp"

namespace reprise::kernels {

/// How many products of a direct convolution one product of minimal filtering stands for; 0 where it cannot be used: filters that are too
/// large or not square, a stride beyond 2, groups, more padding than the filter reaches, a stride on channels that are no multiple of 16.
double winograd_saving(const ConvolutionShape& shape);

/// Needs winograd_saving > 0.
std::unique_ptr<Convolution> make_winograd_convolution(const ConvolutionShape& shape, Precision precision, bool has_bias,
                                                       bool wants_grad_input);

}  // namespace reprise::kernels
