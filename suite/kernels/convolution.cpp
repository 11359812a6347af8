#include "suite/kernels/convolution.hpp"

#include <algorithm>

#include "suite/kernels/direct_bf16_convolution.hpp"
#include "suite/kernels/onednn/direct_convolution.hpp"
#include "suite/kernels/onednn/library.hpp"
#include "suite/kernels/winograd_bf16_convolution.hpp"
#include "suite/kernels/winograd_convolution.hpp"

namespace reprise::kernels {

namespace {

// Transforming a tile costs as much whatever its depth, so what a filter saves must outweigh it. Rules, measured on every convolution of
// the catalog on one thread, as parts of the time of a direct convolution, forward and backward together:
// - float32 (AVX2): 0.26 to 0.77 with 16 and more channels on both sides where at least half of the products are saved, and up to 6 times
// as
//   long with 1 or 3. 3 x 3 filters of stride 2, which save 1.44, take 0.6 to 0.85 with 32 channels and 1.05 to 1.5 with fewer.
// - bfloat16 on a CPU that multiplies it: 0.5 to 0.7 with 48 and more channels, 0.88 with 24 on both sides, 1.0 with 16 and 32, 1.4
// with 16.
constexpr double kMinSaving = 1.4, kLargeSaving = 2;
constexpr std::int64_t kMinChannels = 32, kMinChannelsOfLargeSaving = 16, kMinBf16Weights = 24 * 24;

bool pays_in_float32(const ConvolutionShape& s) {
  const double saving = winograd_saving(s);
  const std::int64_t least = saving >= kLargeSaving ? kMinChannelsOfLargeSaving : kMinChannels;
  return saving >= kMinSaving && s.in_channels >= least && s.filters >= least;
}

bool pays_in_bf16(const ConvolutionShape& s) {
  return winograd_bf16_saving(s) >= kMinSaving && std::min(s.in_channels, s.filters) >= kMinChannelsOfLargeSaving &&
         s.in_channels * s.filters >= kMinBf16Weights;
}

// oneDNN's gradients of strided convolutions in bfloat16 are slow, above all where the weights outnumber what a shard computes with them.
// Forward and backward of our own take 0.58 to 0.62 of its time for 9 x 9 filters of stride 2 between 256 channels, 0.71 between 64, and
// 0.87 for 3 x 3 between 192; 0.95 to 1.05 without a stride, or with fewer weights than outputs.
bool pays_as_direct_bf16(const ConvolutionShape& s) {
  const std::int64_t weights = s.filters * s.in_channels * s.filter_height * s.filter_width,
                     outputs = s.samples * s.out_height() * s.out_width() * s.filters;
  return offers_direct_bf16(s) && s.stride > 1 && s.filter_height > 1 && weights >= 2 * outputs;
}

}  // namespace

std::unique_ptr<Convolution> make_convolution(const ConvolutionShape& shape, Precision precision, bool has_bias, bool wants_grad_input) {
  // Where a CPU multiplies bfloat16, products of float32 take at least twice the time.
  const bool multiplies_bf16 = precision == Precision::bf16 && onednn::has_bf16_units();
  if (shape.more_below != 0 || shape.more_right != 0) return onednn::make_direct_convolution(shape, precision, has_bias, wants_grad_input);
  if (multiplies_bf16 && pays_in_bf16(shape)) return make_winograd_bf16_convolution(shape, has_bias, wants_grad_input);
  if (multiplies_bf16 && pays_as_direct_bf16(shape)) return make_direct_bf16_convolution(shape, has_bias, wants_grad_input);
  if (!multiplies_bf16 && pays_in_float32(shape)) return make_winograd_convolution(shape, precision, has_bias, wants_grad_input);
  return onednn::make_direct_convolution(shape, precision, has_bias, wants_grad_input);
}

}  // namespace reprise::kernels
