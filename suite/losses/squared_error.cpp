#include "suite/losses/squared_error.hpp"

#include "suite/losses/sample_loop.hpp"

namespace reprise::losses {

ShardSums SquaredError::shard(const ShardLoss& shard) const {
  return sum_over_samples(shard, true, [&](const auto& kernel, auto& sample) {
    return kernel.squared_error(sample.value, sample.target, shard.features, shard.grad_scale, sample.grad);
  });
}

}  // namespace reprise::losses
