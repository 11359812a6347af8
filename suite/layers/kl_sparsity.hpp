#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Output equals input; in training it adds the penalty weight * sum over channels j of KL(target || q_j) to the objective,
///   KL(a || q) = a log(a/q) + (1-a) log((1-a)/(1-q)),   q_j = mean of channel j over the whole global batch, positions included.
///
///   input, output [N, H, W, C]    values in (0, 1), as a logistic layer gives
///
/// Couples samples: sum per channel on the way forward. q_j is clipped to [1e-6, 1 - 1e-6]. backward() overwrites grad_input =
/// grad_output + weight * (-target/q_j + (1-target)/(1-q_j)) / M, M = number of values of a channel in the global batch, for
/// valid samples in Mode::train; grad_output elsewhere. The coupled floats are the C added gradients, then the C means q_j.
/// Throws InputError unless 0 < target < 1 and weight >= 0, ShapeError unless it has one input.
/// Source: Ng, lecture notes on sparse autoencoders (2011).
class KlSparsity : public Layer {
 public:
  struct Options {
    double target = 0.05;
    double weight = 1.0;
  };
  explicit KlSparsity(Options options);
  std::string_view kind() const override { return "kl_sparsity"; }
  Needs needs() const override { return {}; }
  bool forward_in_place() const override { return true; }
  bool backward_in_place() const override { return true; }
  bool couples_samples() const override { return true; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
  /// The penalty for channel means q.
  double penalty(std::span<const float> means) const;

 private:
  Options options_;
};

}  // namespace reprise::layers
