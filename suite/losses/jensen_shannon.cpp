#include "suite/losses/jensen_shannon.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/losses/softmax_cross_entropy.hpp"

namespace reprise::losses {

namespace {

/// Gradients of the divergence of some distributions [views, K], added to `gradients`; returns the divergence.
double divergence(const std::vector<float>& probabilities, std::size_t views, std::size_t classes, double weight, float* gradients) {
  const auto at = [&](std::size_t view, std::size_t k) { return static_cast<double>(probabilities[view * classes + k]); };
  const double share = 1.0 / static_cast<double>(views);
  std::vector<double> log_mean(classes), slopes(classes);
  for (std::size_t k = 0; k < classes; ++k) {
    double mean = 0;
    for (std::size_t view = 0; view < views; ++view) mean += at(view, k) * share;
    log_mean[k] = std::log(std::max(mean, 1e-7));
  }
  double sum = 0;
  for (std::size_t view = 0; view < views; ++view) {
    double own = 0;
    for (std::size_t k = 0; k < classes; ++k) {
      slopes[k] = at(view, k) > 0 ? std::log(at(view, k)) - log_mean[k] : 0;
      own += at(view, k) * slopes[k];
    }
    sum += own * share;
    for (std::size_t k = 0; k < classes; ++k)
      gradients[view * classes + k] += static_cast<float>(weight * share * at(view, k) * (slopes[k] - own));
  }
  return sum;
}

template <class T>
ShardSums over_samples(const ShardLoss& shard, double weight) {
  const auto& floats = kernels::vector_kernels().f32;
  const auto& stored = kernels::vector_kernels().of<T>();
  const auto views = static_cast<std::size_t>(shard.views), classes = static_cast<std::size_t>(shard.features);
  const std::int64_t count = shard.views * shard.features;
  std::vector<float> logits(views * classes), probabilities(logits), gradients(logits);
  ShardSums sums;
  for (std::size_t first = 0; first < static_cast<std::size_t>(shard.valid); first += views) {
    stored.to_float(static_cast<const T*>(shard.value) + first * classes, logits.data(), count);
    std::fill(gradients.begin(), gradients.end(), 0.0f);
    std::int32_t prediction = 0;
    sums.loss += floats.softmax_cross_entropy(logits.data(), shard.features, shard.labels[first], shard.label_smoothing, 1,
                                              gradients.data(), &prediction);
    floats.softmax(logits.data(), probabilities.data(), shard.views, shard.features, 1);
    sums.loss += weight * divergence(probabilities, views, classes, weight, gradients.data());
    if (prediction != shard.labels[first]) sums.errors += 1;
    if (shard.grad == nullptr) continue;
    // The mean is over samples, of which there are fewer than rows.
    for (float& gradient : gradients) gradient *= shard.grad_scale * static_cast<float>(views);
    stored.from_float(gradients.data(), static_cast<T*>(shard.grad) + first * classes, count);
  }
  if (shard.grad != nullptr) {
    T* padding = static_cast<T*>(shard.grad) + static_cast<std::size_t>(shard.valid) * classes;
    std::fill_n(padding, static_cast<std::size_t>(shard.samples - shard.valid) * classes, T{});
  }
  return sums;
}

}  // namespace

ShardSums JensenShannon::shard(const ShardLoss& shard) const {
  if (shard.views == 1) return SoftmaxCrossEntropy().shard(shard);
  return shard.precision == Precision::f32 ? over_samples<float>(shard, weight_) : over_samples<kernels::bf16>(shard, weight_);
}

}  // namespace reprise::losses
