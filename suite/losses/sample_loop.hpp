#pragma once
// What all losses do around the loss of one sample: precision, one-hot targets, predictions, padding.

#include <cstring>
#include <vector>

#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/losses/loss.hpp"

namespace reprise::losses {

/// One sample as its loss sees it.
template <class T>
struct Sample {
  const T* value;             ///< [K]
  const T* target;            ///< [K]; null unless the loss compares values
  std::int32_t label;         ///< -1 if there is none
  const float* mixture;       ///< [K], smoothed shares of the classes of a mixed sample; null if it is not mixed
  T* grad;                    ///< [K]; null: not wanted
  std::int32_t prediction{};  ///< the loss may set it to the first maximum of `value`; -1: not known
};

/// `loss(kernel table, sample)` gives the loss of one sample and writes its gradient times shard.grad_scale.
template <class T, class OfSample>
ShardSums sum_over_samples(const ShardLoss& shard, bool compares_values, const OfSample& loss) {
  const auto& kernel = kernels::vector_kernels().of<T>();
  const auto features = static_cast<std::size_t>(shard.features);
  ShardSums sums;
  std::vector<T> one_hot;
  std::vector<float> one_hot_floats, mixture;
  for (int n = 0; n < shard.valid; ++n) {
    const auto at = static_cast<std::size_t>(n) * features;
    Sample<T> sample{.value = static_cast<const T*>(shard.value) + at,
                     .target = shard.target != nullptr ? static_cast<const T*>(shard.target) + at : nullptr,
                     .label = shard.labels.empty() ? -1 : shard.labels[static_cast<std::size_t>(n)],
                     .mixture = nullptr,
                     .grad = shard.grad != nullptr ? static_cast<T*>(shard.grad) + at : nullptr,
                     .prediction = -1};
    if (!shard.mixed.empty()) {
      mixture.resize(features);
      shard.mixed[static_cast<std::size_t>(n)].spread(compares_values ? 0.0f : shard.label_smoothing, mixture);
      sample.mixture = mixture.data();
    }
    if (compares_values && sample.target == nullptr) {
      one_hot_floats.assign(features, 0.0f);
      if (sample.mixture != nullptr)
        one_hot_floats = mixture;
      else
        one_hot_floats[static_cast<std::size_t>(sample.label)] = 1.0f;
      one_hot.resize(features);
      kernel.from_float(one_hot_floats.data(), one_hot.data(), shard.features);
      sample.target = one_hot.data();
    }
    sums.loss += loss(kernel, sample);
    if (shard.target != nullptr) continue;  // an autoencoder predicts no class
    if (sample.prediction < 0) sample.prediction = kernel.first_maximum(sample.value, shard.features);
    if (sample.prediction != sample.label) sums.errors += 1;
    if (shard.predictions != nullptr) shard.predictions[n] = sample.prediction;
  }
  if (shard.grad != nullptr)
    std::memset(static_cast<T*>(shard.grad) + static_cast<std::size_t>(shard.valid) * features, 0,
                static_cast<std::size_t>(shard.samples - shard.valid) * features * sizeof(T));
  return sums;
}

/// The same in the shard's precision.
template <class OfSample>
ShardSums sum_over_samples(const ShardLoss& shard, bool compares_values, const OfSample& loss) {
  return shard.precision == Precision::f32 ? sum_over_samples<float>(shard, compares_values, loss)
                                           : sum_over_samples<kernels::bf16>(shard, compares_values, loss);
}

}  // namespace reprise::losses
