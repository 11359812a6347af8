#include "suite/losses/frame_cross_entropy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "suite/errors.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::losses {

namespace {

/// Parts of the loss that frames are, which add up to 1.
std::vector<float> parts_of(std::int64_t frames) {
  if (frames == 1) return {1.0f};
  std::vector<float> parts;
  const double sum = static_cast<double>(frames * (frames - 1)) / 2;
  for (std::int64_t t = 0; t < frames; ++t) parts.push_back(static_cast<float>(static_cast<double>(t) / sum));
  return parts;
}

template <class T>
ShardSums over_frames(const ShardLoss& shard, const std::vector<float>& parts) {
  const auto& kernel = kernels::vector_kernels().of<T>();
  const std::int64_t classes = shard.features / static_cast<std::int64_t>(parts.size());
  std::vector<float> mixture(static_cast<std::size_t>(classes));
  ShardSums sums;
  for (int n = 0; n < shard.valid; ++n) {
    const std::int32_t label = shard.labels[static_cast<std::size_t>(n)];
    if (!shard.mixed.empty()) shard.mixed[static_cast<std::size_t>(n)].spread(shard.label_smoothing, mixture);
    std::int32_t prediction = 0;
    for (std::size_t t = 0; t < parts.size(); ++t) {
      const std::int64_t at = n * shard.features + static_cast<std::int64_t>(t) * classes;
      const T* value = static_cast<const T*>(shard.value) + at;
      T* grad = shard.grad != nullptr ? static_cast<T*>(shard.grad) + at : nullptr;
      const float scale = shard.grad_scale * parts[t];
      const double loss = shard.mixed.empty()
                              ? kernel.softmax_cross_entropy(value, classes, label, shard.label_smoothing, scale, grad, &prediction)
                              : kernel.soft_target_cross_entropy(value, mixture.data(), classes, scale, grad, &prediction);
      sums.loss += parts[t] * loss;
    }
    if (prediction != label) sums.errors += 1;
    if (shard.predictions != nullptr) shard.predictions[n] = prediction;
  }
  if (shard.grad != nullptr)
    std::fill(static_cast<T*>(shard.grad) + shard.valid * shard.features, static_cast<T*>(shard.grad) + shard.samples * shard.features,
              T{});
  return sums;
}

}  // namespace

FrameCrossEntropy::FrameCrossEntropy(std::int64_t frames) : frames_(frames) {
  if (frames < 1)
    throw InputError(Complaint{"loss frame_cross_entropy", "at least one frame", fmt::format("{}", frames), "Correct the frames"});
}

ShardSums FrameCrossEntropy::shard(const ShardLoss& shard) const {
  const std::vector<float> parts = parts_of(frames_);
  return shard.precision == Precision::f32 ? over_frames<float>(shard, parts) : over_frames<kernels::bf16>(shard, parts);
}

}  // namespace reprise::losses
