#pragma once

#include "suite/losses/loss.hpp"

namespace reprise::losses {

/// What a net that was trained before, the teacher, makes of a sample, beside its label:
///   loss = (1 - weight) CE + weight T^2 KL(q || p),   p = softmax(value / T), q = softmax(the teacher's scores / T), T = temperature
/// CE is softmax_cross_entropy with all that it takes, smoothed and mixed labels. The gradient of the second term is weight T (p - q):
/// zero, exactly, where both nets say the same. Without a teacher's scores (evaluation) the loss is CE alone. Errors are those of CE.
/// Throws InputError for a temperature that is not positive and a weight outside 0 to 1. Hinton et al. 2015, section 2 (arXiv 1503.02531).
class Distillation : public Loss {
 public:
  explicit Distillation(double weight = 0.5, double temperature = 1);
  std::string_view name() const override { return "distillation"; }
  bool compares_values() const override { return false; }
  bool takes_mixed_labels() const override { return true; }
  ShardSums shard(const ShardLoss& shard) const override;

 private:
  double weight_, temperature_;
};

}  // namespace reprise::losses
