#pragma once

#include "suite/losses/loss.hpp"

namespace reprise::losses {

/// loss = mean over k of (value_k - target_k)^2 / 2. The gradient is (value - target) / K.
class SquaredError : public Loss {
 public:
  std::string_view name() const override { return "squared_error"; }
  bool compares_values() const override { return true; }
  ShardSums shard(const ShardLoss& shard) const override;
};

}  // namespace reprise::losses
