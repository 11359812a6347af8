#pragma once

#include "suite/losses/loss.hpp"

namespace reprise::losses {

/// Softmax cross-entropy of every frame with the clip's class, later frames counting more:
///   loss = sum over t of g_t CE(value of frame t) / sum over t of g_t,   g_t = t / (T - 1), t = 0 .. T - 1; g = 1 where T = 1
/// The value is logits [T, K / T] of T frames. Smoothing, mixed labels and gradient of each frame are those of softmax_cross_entropy,
/// times g_t / sum g. The prediction is that of the last frame. Ng et al. 2015, section 3.2 (arXiv 1503.08909), where the sum is not
/// divided by that of the gains.
class FrameCrossEntropy : public Loss {
 public:
  /// Throws InputError for frames below 1.
  explicit FrameCrossEntropy(std::int64_t frames = 1);
  std::string_view name() const override { return "frame_cross_entropy"; }
  bool compares_values() const override { return false; }
  bool takes_mixed_labels() const override { return true; }
  ShardSums shard(const ShardLoss& shard) const override;

 private:
  std::int64_t frames_;
};

}  // namespace reprise::losses
