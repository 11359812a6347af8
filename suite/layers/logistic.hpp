#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// output = 1 / (1 + exp(-input)), elementwise.
///
///   input, output [N, H, W, C]
///
/// backward() overwrites grad_input = grad_output * output * (1 - output). Does not couple samples.
class Logistic : public Layer {
 public:
  using Layer::Layer;
  std::string_view kind() const override { return "logistic"; }
  Needs needs() const override { return {.output = true}; }
  bool forward_in_place() const override { return true; }
  bool backward_in_place() const override { return true; }
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
};

}  // namespace reprise::layers
