#pragma once
// Layers that learn without a gradient: from their input and their own response.
//
// Legend: N samples of a shard, K neurons (output channels), D inputs of a neuron (C R S), u what the neurons compute.

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// What a plastic layer's update reads besides the sums of its prepared layer:
///   change_k = sum over positions of response_k (patch - u_k weight_k), divided by the largest |change| of the whole layer + 1e-30
///   weight_k += rate (| |weight_k| - 1 | + 1e-10)^rate_exponent change_k
struct Plasticity {
  double rate = 0;  ///< 0: the weights stay as they were drawn
  double rate_exponent = 0.5;
  bool falls = false;  ///< the rate falls linearly to 0 over the epochs of the layer
};

/// A prepared layer that gathers a shard's part of the change of its weights. The change is kept in a format of its own, so that shards can
/// be summed number by number, and is unpacked a unit of rows at a time. All methods are const and thread-safe.
class PreparedPlastic : public PreparedLayer {
 public:
  virtual std::int64_t neurons() const = 0;  ///< K
  virtual std::int64_t change_floats() const = 0;
  /// Rows of a unit, a divisor of K; unit i's numbers are the i-th of K / row_unit equal parts of the change.
  virtual std::int64_t row_unit() const = 0;
  /// After forward of the same shard, whose output `args.output` still holds. Overwrites change (sum of response * patch, own format) and
  /// moments [K] (sum of response * u).
  virtual void shard_change(const ForwardArgs& args, float* change, double* moments) const = 0;
  /// Unit `unit` of `change` -> rows [row_unit, D], plain.
  virtual void unpack_rows(const float* change, std::int64_t unit, float* rows) const = 0;
};

/// A layer whose first parameter is plastic.
class PlasticLayer : public Layer {
 public:
  virtual const Plasticity& plasticity() const = 0;
  virtual std::unique_ptr<PreparedPlastic> prepare_plastic(std::span<const SampleShape> inputs, const PrepareOptions& options) const = 0;
};

}  // namespace reprise::layers
