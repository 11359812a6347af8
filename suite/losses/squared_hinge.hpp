#pragma once

#include "suite/losses/loss.hpp"

namespace reprise::losses {

/// loss = sum over k of max(0, 1 - t_k v_k)^2, v = the value (scores), t_k = 1 for the label and -1 for any other class: one classifier
/// with a margin for each class against the rest. The gradient is -2 t_k max(0, 1 - t_k v_k).
/// Tang 2013 (arXiv 1306.0239), section 2.2; Lee et al. 2015 (arXiv 1409.5185).
class SquaredHinge : public Loss {
 public:
  std::string_view name() const override { return "squared_hinge"; }
  bool compares_values() const override { return false; }
  ShardSums shard(const ShardLoss& shard) const override;
};

}  // namespace reprise::losses
