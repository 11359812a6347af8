#include "suite/losses/logistic_cross_entropy.hpp"

#include "suite/losses/sample_loop.hpp"

namespace reprise::losses {

ShardSums LogisticCrossEntropy::shard(const ShardLoss& shard) const {
  return sum_over_samples(shard, true, [&](const auto& kernel, auto& sample) {
    return kernel.logistic_cross_entropy(sample.value, sample.target, shard.features, shard.grad_scale, sample.grad);
  });
}

}  // namespace reprise::losses
