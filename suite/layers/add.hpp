#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Sum of all inputs, elementwise, from left to right; each partial sum is stored in the activations' precision.
///
///   inputs, output [N, H, W, C]    two or more inputs of one shape
///
/// backward() overwrites every grad_input with grad_output. Does not couple samples.
/// Throws ShapeError unless there are at least two inputs and all have one shape.
class Add : public Layer {
 public:
  using Layer::Layer;
  std::string_view kind() const override { return "add"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  bool forward_in_place() const override { return true; }
  bool backward_in_place() const override { return true; }
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
};

}  // namespace reprise::layers
