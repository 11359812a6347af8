#include "suite/losses/distillation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "suite/errors.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/losses/softmax_cross_entropy.hpp"

namespace reprise::losses {

namespace {

/// Overwrites `logs` with the logarithms of softmax(scores / temperature).
void log_softmax(const float* scores, double temperature, std::vector<double>& logs) {
  double most = static_cast<double>(scores[0]) / temperature, sum = 0;
  for (std::size_t k = 0; k < logs.size(); ++k) most = std::max(most, logs[k] = static_cast<double>(scores[k]) / temperature);
  for (const double log : logs) sum += std::exp(log - most);
  const double whole = most + std::log(sum);
  for (double& log : logs) log -= whole;
}

/// Adds weight T^2 KL to the loss, and its gradient to what shard.grad holds.
template <class T>
double add_divergence(const ShardLoss& shard, double weight, double temperature) {
  const auto& kernel = kernels::vector_kernels().of<T>();
  const auto classes = static_cast<std::size_t>(shard.features);
  std::vector<float> values(classes), gradient(classes);
  std::vector<double> own(classes), taught(classes), shares(classes);  // shares: the teacher's probabilities
  double loss = 0;
  for (std::size_t n = 0; n < static_cast<std::size_t>(shard.valid); ++n) {
    kernel.to_float(static_cast<const T*>(shard.value) + n * classes, values.data(), shard.features);
    log_softmax(values.data(), temperature, own);
    log_softmax(shard.teacher + n * classes, temperature, taught);
    for (std::size_t k = 0; k < classes; ++k) {
      shares[k] = std::exp(taught[k]);
      loss += weight * temperature * temperature * shares[k] * (taught[k] - own[k]);
    }
    if (shard.grad == nullptr) continue;
    T* grad = static_cast<T*>(shard.grad) + n * classes;
    kernel.to_float(grad, gradient.data(), shard.features);
    for (std::size_t k = 0; k < classes; ++k)
      gradient[k] += static_cast<float>(static_cast<double>(shard.grad_scale) * weight * temperature * (std::exp(own[k]) - shares[k]));
    kernel.from_float(gradient.data(), grad, shard.features);
  }
  return loss;
}

}  // namespace

Distillation::Distillation(double weight, double temperature) : weight_(weight), temperature_(temperature) {
  if (!(weight >= 0 && weight <= 1))
    throw InputError(Complaint{"loss distillation, weight", "0 to 1", fmt::format("{}", weight), "Correct teacher.weight"});
  if (!(temperature > 0))
    throw InputError(Complaint{"loss distillation, temperature", "above 0", fmt::format("{}", temperature), "Correct teacher.temperature"});
}

ShardSums Distillation::shard(const ShardLoss& shard) const {
  if (shard.teacher == nullptr) return SoftmaxCrossEntropy().shard(shard);
  ShardLoss labels = shard;
  labels.grad_scale *= static_cast<float>(1 - weight_);
  ShardSums sums = SoftmaxCrossEntropy().shard(labels);
  sums.loss *= 1 - weight_;
  sums.loss += shard.precision == Precision::f32 ? add_divergence<float>(shard, weight_, temperature_)
                                                 : add_divergence<kernels::bf16>(shard, weight_, temperature_);
  return sums;
}

}  // namespace reprise::losses
