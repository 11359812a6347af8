#pragma once

#include "suite/losses/loss.hpp"

namespace reprise::losses {

/// Cross-entropy, and in training the divergence of what a net makes of three views of a sample:
///   loss = CE(first view) + weight * mean over i of KL(p_i || m),   m = mean over i of p_i, p_i = softmax of view i's value (logits)
/// The gradient of the second term with respect to logit k of view i is weight / 3 * p_ik (g_ik - sum over j of p_ij g_ij), g = log p - log
/// m. m is at least 1e-7 in the logarithm. Errors are those of the first view. A single view (evaluation) has the cross-entropy alone.
/// Hendrycks et al. 2019, section 3 (arXiv 1912.02781).
class JensenShannon : public Loss {
 public:
  explicit JensenShannon(double weight = 12) : weight_(weight) {}
  std::string_view name() const override { return "jensen_shannon"; }
  bool compares_values() const override { return false; }
  int views() const override { return 3; }
  ShardSums shard(const ShardLoss& shard) const override;

 private:
  double weight_;
};

}  // namespace reprise::losses
