#pragma once
// A loss: what it costs that the value of a head differs from its target, and the gradient of that.
//
// Legend: N samples of a shard, K features of the head's value. Values are stored as float32 or bfloat16, sums are double.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "suite/losses/mixed_label.hpp"
#include "suite/tensor/shape.hpp"

namespace reprise::losses {

/// What a head's value is compared with.
enum class Target {
  label,  ///< the sample's class; losses of values take it as one-hot
  input,  ///< the preprocessed sample itself (autoencoder)
};

struct ShardLoss {
  Precision precision = Precision::f32;
  int samples = 0;                         ///< N, padding included
  int valid = 0;                           ///< real samples, the first ones
  std::int64_t features = 0;               ///< K
  const void* value = nullptr;             ///< [N, K]
  const void* target = nullptr;            ///< [N, K]; null: the target is the label
  std::span<const std::int32_t> labels;    ///< [valid], each in [0, K); may be empty with a target
  std::span<const MixedLabel> mixed = {};  ///< [valid], in place of one-hot targets; empty: samples are not mixed
  int views = 1;                           ///< rows of one sample, one after another; the others of a sample follow its first
  const float* teacher = nullptr;          ///< [valid, K], what another net makes of the samples; null: there is none; distillation only
  float label_smoothing = 0;               ///< softmax_cross_entropy and distillation only
  float grad_scale = 1;                    ///< the head's weight / valid samples of the global batch
  void* grad = nullptr;                    ///< [N, K], overwritten (zero for padding); null: not wanted
  std::int32_t* predictions = nullptr;     ///< [valid], first maximum; null: not wanted
};

struct ShardSums {
  double loss = 0;    ///< sum over the valid samples, not weighted
  double errors = 0;  ///< wrong predictions; 0 with a target
};

/// Stateless; threads share it.
class Loss {
 public:
  virtual ~Loss() = default;
  /// The catalog name, snake_case.
  virtual std::string_view name() const = 0;
  /// True if it compares K values, so that Target::input makes sense; false if it needs a class.
  virtual bool compares_values() const = 0;
  /// True if the target may be a MixedLabel.
  virtual bool takes_mixed_labels() const { return compares_values(); }
  /// How many times a training sample is seen in one step: rows of the batch that belong together.
  virtual int views() const { return 1; }
  virtual ShardSums shard(const ShardLoss& shard) const = 0;
};

using LossPointer = std::shared_ptr<const Loss>;

}  // namespace reprise::losses
