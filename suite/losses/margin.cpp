#include "suite/losses/margin.hpp"

#include <algorithm>

#include "suite/losses/sample_loop.hpp"

namespace reprise::losses {

namespace {

double margin_loss(std::span<const float> values, std::int32_t label, float grad_scale, std::span<float> gradient) {
  constexpr double kPresent = 0.9, kAbsent = 0.1, kAbsentWeight = 0.5;
  double loss = 0;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const bool is_label = static_cast<std::int32_t>(k) == label;
    const double weight = is_label ? 1.0 : kAbsentWeight;
    // In this order: the maximum of NaN and 0 is NaN, and the loss shows it.
    const double excess = std::max(is_label ? kPresent - values[k] : values[k] - kAbsent, 0.0);
    loss += weight * excess * excess;
    gradient[k] = static_cast<float>((is_label ? -2.0 : 2.0) * weight * excess * grad_scale);
  }
  return loss;
}

}  // namespace

ShardSums Margin::shard(const ShardLoss& shard) const {
  std::vector<float> values(static_cast<std::size_t>(shard.features)), gradient(values.size());
  return sum_over_samples(shard, false, [&](const auto& kernel, auto& sample) {
    kernel.to_float(sample.value, values.data(), shard.features);
    const double loss = margin_loss(values, sample.label, shard.grad_scale, gradient);
    if (sample.grad != nullptr) kernel.from_float(gradient.data(), sample.grad, shard.features);
    return loss;
  });
}

}  // namespace reprise::losses
