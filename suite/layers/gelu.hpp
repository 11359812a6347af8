#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// output = input * Phi(input), elementwise; Phi is the standard normal distribution, not its tanh approximation.
///
///   input, output [N, H, W, C]
///
/// backward() overwrites grad_input = grad_output * (Phi(input) + input * phi(input)). Does not couple samples.
/// Source: Hendrycks, Gimpel 2016, section 2 (arXiv 1606.08415).
class Gelu : public Layer {
 public:
  using Layer::Layer;
  std::string_view kind() const override { return "gelu"; }
  Needs needs() const override { return {.input = true}; }
  bool backward_in_place() const override { return true; }
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
};

}  // namespace reprise::layers
