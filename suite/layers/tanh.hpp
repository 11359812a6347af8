#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// output = tanh(input), elementwise.
///
///   input, output [N, H, W, C]
///
/// backward() overwrites grad_input = grad_output * (1 - output^2). Does not couple samples.
class Tanh : public Layer {
 public:
  using Layer::Layer;
  std::string_view kind() const override { return "tanh"; }
  Needs needs() const override { return {.output = true}; }
  bool forward_in_place() const override { return true; }
  bool backward_in_place() const override { return true; }
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
};

}  // namespace reprise::layers
