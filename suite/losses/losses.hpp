#pragma once
// Loss, gradient and prediction of one shard.

#include <cstdint>
#include <span>

#include "suite/losses/loss_kind.hpp"
#include "suite/tensor/shape.hpp"

namespace reprise::losses {

struct ShardLoss {
  LossKind kind = LossKind::softmax_cross_entropy;
  Precision precision = Precision::f32;
  int samples = 0;                       ///< N, padding included
  int valid = 0;                         ///< real samples, the first ones
  std::int64_t features = 0;             ///< K
  const void* value = nullptr;           ///< [N, K]
  const void* target = nullptr;          ///< [N, K]; null: the target is the label (one-hot)
  std::span<const std::int32_t> labels;  ///< [valid], each in [0, K); may be empty with a target
  float label_smoothing = 0;             ///< softmax cross-entropy only
  float grad_scale = 1;                  ///< 1 / valid samples of the global batch
  void* grad = nullptr;                  ///< [N, K], overwritten (zero for padding); null: not wanted
  std::int32_t* predictions = nullptr;   ///< [valid], first maximum; null: not wanted
};

struct ShardSums {
  double loss = 0;    ///< sum over the valid samples
  double errors = 0;  ///< wrong predictions; 0 with a target
};

ShardSums shard_loss(const ShardLoss& shard);

}  // namespace reprise::losses
