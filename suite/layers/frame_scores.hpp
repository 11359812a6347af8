#pragma once

#include <string>

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// How what a net says at each frame becomes what it says of the clip.
enum class FrameAverage {
  last,      ///< what it says at the last frame
  maximum,   ///< the largest probability of each class
  mean,      ///< the mean probability
  weighted,  ///< the mean probability weighted by frame_gain: later frames count more
};

/// "last", "maximum", "mean", "weighted"; throws InputError listing them.
FrameAverage frame_average(std::string_view name);

/// Weight of frame t of T, which rises from 0 at the first frame to 1 at the last: t / (T - 1); 1 for the only one.
constexpr double frame_gain(std::int64_t frame, std::int64_t frames) {
  return frames > 1 ? static_cast<double>(frame) / static_cast<double>(frames - 1) : 1.0;
}

/// Logarithm of an average over frames of the softmax of each frame's logits: output[k] = log s_k, s = p_T, max_t p_t, mean_t p_t or sum_t
/// g_t p_t / sum_t g_t. The softmax of the output is s, divided by its sum.
///
///   input  [N, T, 1, K]    T frames, K classes
///   output [N, K]
///
/// backward() overwrites grad_input; the first of equal maxima alone receives the gradient. s is at least 1e-30 in the logarithm.
/// Does not couple samples. Throws ShapeError for an input with a width. Ng et al. 2015, section 3.2 (arXiv 1503.08909).
class FrameScores : public Layer {
 public:
  struct Options {
    FrameAverage average = FrameAverage::weighted;
  };
  explicit FrameScores(Options options) : options_(options) {}
  std::string_view kind() const override { return "frame_scores"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
