#pragma once

#include "suite/layers/layer.hpp"
#include "suite/layers/routing.hpp"

namespace reprise::layers {

/// Fully connected capsule layer: every input capsule votes for every output capsule, routing decides which votes count (routing.hpp).
///
///   input  [N, H, W, d]    I = H * W capsules of d values
///   output [N, 1, J, D]    J = capsules, D = dimensions
///   weight [I, d, J, D], bias [J, D] only with scaled distance agreement
///
/// Saved: coefficients and sums of the iterations that the gradient passes through; votes are never kept. backward() overwrites
/// grad_input, grad_weight and grad_bias. Does not couple samples. Throws InputError as RoutingOptions::check, ShapeError unless it has
/// one input. Initialisation: N(0, 0.01^2), bias 0.1, as in the code of MoCapsNet (Gugglberger et al. 2022, arXiv 2201.11091).
class CapsuleRouting : public Layer {
 public:
  struct Options {
    RoutingOptions routing;
    double deviation = 0.01;  ///< of the weights
  };
  explicit CapsuleRouting(Options options);
  std::string_view kind() const override { return "capsule_routing"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override;
  Cost cost(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true, .output = false}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  bool has_bias() const { return options_.routing.kind == RoutingKind::scaled_distance; }
  RoutingShape shape_for(std::span<const SampleShape> inputs, int samples) const;
  Options options_;
};

}  // namespace reprise::layers
