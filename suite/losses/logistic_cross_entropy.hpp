#pragma once

#include "suite/losses/loss.hpp"

namespace reprise::losses {

/// loss = -mean over k of t_k log p_k + (1 - t_k) log(1 - p_k), p = logistic of the value (logits), t = the target in [0, 1].
/// The gradient is (p - t) / K.
class LogisticCrossEntropy : public Loss {
 public:
  std::string_view name() const override { return "logistic_cross_entropy"; }
  bool compares_values() const override { return true; }
  ShardSums shard(const ShardLoss& shard) const override;
};

}  // namespace reprise::losses
