#pragma once

#include "suite/losses/loss.hpp"

namespace reprise::losses {

/// loss = -sum over k of t_k log p_k, p = softmax of the value (logits), t = (1 - s) one-hot of the label + s / K, s = label_smoothing.
/// Of a mixed sample, the shares of its classes take the place of the one-hot. The gradient is p - t.
class SoftmaxCrossEntropy : public Loss {
 public:
  std::string_view name() const override { return "softmax_cross_entropy"; }
  bool compares_values() const override { return false; }
  bool takes_mixed_labels() const override { return true; }
  ShardSums shard(const ShardLoss& shard) const override;
};

}  // namespace reprise::losses
