#pragma once
// Convolution through oneDNN's own kernels.

#include <memory>

#include "suite/kernels/convolution.hpp"

namespace reprise::kernels::onednn {

std::unique_ptr<Convolution> make_direct_convolution(const ConvolutionShape& shape, Precision precision, bool has_bias,
                                                     bool wants_grad_input);

}  // namespace reprise::kernels::onednn
