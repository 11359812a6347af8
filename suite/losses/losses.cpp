#include "suite/losses/losses.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::losses {

namespace {

/// Sum over classes of T max(0, 0.9 - v)^2 + 0.5 (1 - T) max(0, v - 0.1)^2 with T = 1 for the label and v the value; `gradient`
/// is overwritten. Sabour et al. 2017, equation 4 (arXiv 1710.09829).
double margin_loss(std::span<const float> values, std::int32_t label, float grad_scale, std::span<float> gradient) {
  constexpr double kPresent = 0.9, kAbsent = 0.1, kAbsentWeight = 0.5;
  double loss = 0;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const bool is_label = static_cast<std::int32_t>(k) == label;
    const double weight = is_label ? 1.0 : kAbsentWeight;
    // In this order: the maximum of a value that is no number and 0 is that value, and the loss shows it.
    const double excess = std::max(is_label ? kPresent - values[k] : values[k] - kAbsent, 0.0);
    loss += weight * excess * excess;
    gradient[k] = static_cast<float>((is_label ? -2.0 : 2.0) * weight * excess * grad_scale);
  }
  return loss;
}

template <class T>
ShardSums run(const ShardLoss& shard) {
  const auto& table = kernels::vector_kernels();
  const auto& kernel = table.of<T>();
  const auto features = static_cast<std::size_t>(shard.features);
  ShardSums sums;
  std::vector<T> one_hot;
  std::vector<float> one_hot_floats, values(features), gradient(features);
  for (int n = 0; n < shard.valid; ++n) {
    const auto at = static_cast<std::size_t>(n) * features;
    const T* value = static_cast<const T*>(shard.value) + at;
    T* grad = shard.grad != nullptr ? static_cast<T*>(shard.grad) + at : nullptr;
    const std::int32_t label = shard.labels.empty() ? -1 : shard.labels[static_cast<std::size_t>(n)];
    const T* target = shard.target != nullptr ? static_cast<const T*>(shard.target) + at : nullptr;
    if (shard.kind != LossKind::softmax_cross_entropy && shard.kind != LossKind::margin && target == nullptr) {
      one_hot_floats.assign(features, 0.0f);
      one_hot_floats[static_cast<std::size_t>(label)] = 1.0f;
      one_hot.resize(features);
      kernel.from_float(one_hot_floats.data(), one_hot.data(), shard.features);
      target = one_hot.data();
    }
    std::int32_t prediction = -1;
    switch (shard.kind) {
      case LossKind::softmax_cross_entropy:
        sums.loss += kernel.softmax_cross_entropy(value, shard.features, label, shard.label_smoothing, shard.grad_scale, grad, &prediction);
        break;
      case LossKind::squared_error:
        sums.loss += kernel.squared_error(value, target, shard.features, shard.grad_scale, grad);
        break;
      case LossKind::margin:
        kernel.to_float(value, values.data(), shard.features);
        sums.loss += margin_loss(values, label, shard.grad_scale, gradient);
        if (grad != nullptr) kernel.from_float(gradient.data(), grad, shard.features);
        break;
      case LossKind::logistic_cross_entropy:
        sums.loss += kernel.logistic_cross_entropy(value, target, shard.features, shard.grad_scale, grad);
        break;
    }
    if (shard.target != nullptr) continue;  // an autoencoder predicts no class
    if (prediction < 0) prediction = kernel.first_maximum(value, shard.features);
    if (prediction != label) sums.errors += 1;
    if (shard.predictions != nullptr) shard.predictions[n] = prediction;
  }
  if (shard.grad != nullptr)
    std::memset(static_cast<T*>(shard.grad) + static_cast<std::size_t>(shard.valid) * features, 0,
                static_cast<std::size_t>(shard.samples - shard.valid) * features * sizeof(T));
  return sums;
}

}  // namespace

ShardSums shard_loss(const ShardLoss& shard) {
  return shard.precision == Precision::f32 ? run<float>(shard) : run<kernels::bf16>(shard);
}

}  // namespace reprise::losses
