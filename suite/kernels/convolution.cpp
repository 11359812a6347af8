#include "suite/kernels/convolution.hpp"

#include "suite/kernels/onednn/direct_convolution.hpp"
#include "suite/kernels/winograd_convolution.hpp"

namespace reprise::kernels {

// Transforming a tile costs as much whatever its depth. Measured on every convolution of the catalog (AVX2, one thread): with 16 and more
// channels on both sides minimal filtering takes 0.26 to 0.77 of the time of a direct convolution, with 1 or 3 up to 6 times as long.
constexpr std::int64_t kLeastChannels = 16;
constexpr double kLeastSaving = 1.5;

std::unique_ptr<Convolution> make_convolution(const ConvolutionShape& shape, Precision precision, bool has_bias, bool wants_grad_input) {
  const bool deep = shape.in_channels >= kLeastChannels && shape.filters >= kLeastChannels;
  if (deep && winograd_saving(shape, precision) >= kLeastSaving)
    return make_winograd_convolution(shape, precision, has_bias, wants_grad_input);
  return onednn::make_direct_convolution(shape, precision, has_bias, wants_grad_input);
}

}  // namespace reprise::kernels
