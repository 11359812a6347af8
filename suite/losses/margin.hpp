#pragma once

#include "suite/losses/loss.hpp"

namespace reprise::losses {

/// loss = sum over k of T_k max(0, 0.9 - v_k)^2 + 0.5 (1 - T_k) max(0, v_k - 0.1)^2, T = one-hot of the label, v = the value: lengths of
/// capsules. Sabour et al. 2017, equation 4 (arXiv 1710.09829).
class Margin : public Loss {
 public:
  std::string_view name() const override { return "margin"; }
  bool compares_values() const override { return false; }
  ShardSums shard(const ShardLoss& shard) const override;
};

}  // namespace reprise::losses
