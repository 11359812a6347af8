#include "suite/kernels/convolution.hpp"

#include "suite/kernels/onednn/direct_convolution.hpp"
#include "suite/kernels/onednn/library.hpp"
#include "suite/kernels/winograd_convolution.hpp"

namespace reprise::kernels {

// Transforming a tile costs as much whatever its depth. Measured on every convolution of the catalog (AVX2, one thread): where minimal
// filtering saves half of the products or more, it takes 0.26 to 0.77 of the time of a direct convolution with 16 and more channels on both
// sides, and up to 6 times as long with 1 or 3. 3 x 3 filters of stride 2, which save 1.44, take 0.6 to 0.85 with 32 channels and 1.05 to 1.5 with fewer.
constexpr double kLeastSaving = 1.4, kLargeSaving = 2;
constexpr std::int64_t kLeastChannels = 32, kLeastChannelsOfLargeSaving = 16;

std::unique_ptr<Convolution> make_convolution(const ConvolutionShape& shape, Precision precision, bool has_bias, bool wants_grad_input) {
  // Where a CPU multiplies bfloat16, a direct product of it is at least twice as fast as one in float32.
  const double saving = precision == Precision::bf16 && onednn::has_bf16_units() ? 0 : winograd_saving(shape);
  const std::int64_t least = saving >= kLargeSaving ? kLeastChannelsOfLargeSaving : kLeastChannels;
  if (saving >= kLeastSaving && shape.in_channels >= least && shape.filters >= least)
    return make_winograd_convolution(shape, precision, has_bias, wants_grad_input);
  return onednn::make_direct_convolution(shape, precision, has_bias, wants_grad_input);
}

}  // namespace reprise::kernels
