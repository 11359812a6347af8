#include "suite/losses/softmax_cross_entropy.hpp"

#include "suite/losses/sample_loop.hpp"

namespace reprise::losses {

ShardSums SoftmaxCrossEntropy::shard(const ShardLoss& shard) const {
  return sum_over_samples(shard, false, [&](const auto& kernel, auto& sample) {
    if (sample.mixture != nullptr)
      return kernel.soft_target_cross_entropy(sample.value, sample.mixture, shard.features, shard.grad_scale, sample.grad,
                                              &sample.prediction);
    return kernel.softmax_cross_entropy(sample.value, shard.features, sample.label, shard.label_smoothing, shard.grad_scale, sample.grad,
                                        &sample.prediction);
  });
}

}  // namespace reprise::losses
