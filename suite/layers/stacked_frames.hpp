#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// The frames of each window side by side as channels: output[n,k,h,w,l*C + c] = input[n, k*stride + l, h, w, c]. A convolution of each
/// window then is one in time and space: filters [K, window, R, S, C], `stride` frames apart.
///
///   input  [N, T*H, W, C]           T = frames, one below the other
///   output [N, K*H, W, L*C]         L = window (0: all frames), K = (T - L) / stride + 1, rounded down
///
/// backward() overwrites grad_input; a frame in two windows receives the sum of both gradients, added in float32, first window first.
/// Does not couple samples. Throws InputError for options out of range, ShapeError if the height is not a multiple of the frames.
/// Ng et al. 2015, section 3.1, time-domain convolution (arXiv 1503.08909).
class StackedFrames : public Layer {
 public:
  struct Options {
    std::int64_t frames = 1;
    std::int64_t window = 0;
    std::int64_t stride = 1;
  };
  explicit StackedFrames(Options options);
  std::string_view kind() const override { return "stacked_frames"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
