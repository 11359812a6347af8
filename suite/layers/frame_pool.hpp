#pragma once

#include <string>

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// The largest or the mean value over frames: output[n,k,h,w,c] = max or mean over t in [k*stride, k*stride + window) of
/// input[n,t,h,w,c]. Frames lie one below the other.
///
///   input  [N, T*H, W, C]    T = frames
///   output [N, K*H, W, C]    K = (T - window) / stride + 1, rounded down; window 0: one window of all frames
///
/// The first of equal maxima alone receives the gradient (saved as one byte per output; window at most 256); a frame in two windows
/// receives the sum of both gradients, added in float32. backward() overwrites grad_input. Does not couple samples. Throws InputError for
/// options out of range, ShapeError if the input's height is not a multiple of the frames.
/// Ng et al. 2015, section 3.1 (arXiv 1503.08909).
class FramePool : public Layer {
 public:
  enum class Kind { maximum, mean };
  struct Options {
    Kind kind = Kind::maximum;
    std::int64_t frames = 1;
    std::int64_t window = 0;
    std::int64_t stride = 1;
  };
  explicit FramePool(Options options);
  std::string_view kind() const override { return "frame_pool"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

/// Windows of frames: how many there are, `window` (0: all of them) frames long, `stride` frames apart. Throws InputError naming `kind`
/// for numbers that do not fit each other.
std::int64_t frame_windows(std::string_view kind, std::int64_t frames, std::int64_t& window, std::int64_t stride);

/// The shape of one frame of a clip. Throws ShapeError naming `kind` if the height is not a multiple of the frames.
SampleShape frame_of(std::string_view kind, const SampleShape& clip, std::int64_t frames);

}  // namespace reprise::layers
