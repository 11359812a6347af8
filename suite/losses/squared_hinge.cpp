#include "suite/losses/squared_hinge.hpp"

#include <algorithm>

#include "suite/losses/sample_loop.hpp"

namespace reprise::losses {

namespace {

double squared_hinge(std::span<const float> values, std::int32_t label, float grad_scale, std::span<float> gradient) {
  double loss = 0;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double sign = static_cast<std::int32_t>(k) == label ? 1.0 : -1.0;
    // In this order: the maximum of NaN and 0 is NaN, and the loss shows it.
    const double excess = std::max(1.0 - sign * static_cast<double>(values[k]), 0.0);
    loss += excess * excess;
    gradient[k] = static_cast<float>(-2.0 * sign * excess * static_cast<double>(grad_scale));
  }
  return loss;
}

}  // namespace

ShardSums SquaredHinge::shard(const ShardLoss& shard) const {
  std::vector<float> values(static_cast<std::size_t>(shard.features)), gradient(values.size());
  return sum_over_samples(shard, false, [&](const auto& kernel, auto& sample) {
    kernel.to_float(sample.value, values.data(), shard.features);
    const double loss = squared_hinge(values, sample.label, shard.grad_scale, gradient);
    if (sample.grad != nullptr) kernel.from_float(gradient.data(), sample.grad, shard.features);
    return loss;
  });
}

}  // namespace reprise::losses
