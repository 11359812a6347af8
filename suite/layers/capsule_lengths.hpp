#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Length of each capsule, output = |v|: how sure a capsule net is of a class.
///
///   input  [N, H, W, D]     K = H * W capsules of D values
///   output [N, K]
///
/// backward() overwrites grad_input = grad_output v / |v|, zero for a capsule shorter than 1e-18, whose squares a float does not hold.
/// Capsules of a net that has just begun are as short as 1e-12. Does not couple samples. Throws ShapeError unless it has one input.
/// Source: Sabour et al. 2017, section 3 (arXiv 1710.09829).
class CapsuleLengths : public Layer {
 public:
  using Layer::Layer;
  std::string_view kind() const override { return "capsule_lengths"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true, .output = false}; }
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
};

}  // namespace reprise::layers
