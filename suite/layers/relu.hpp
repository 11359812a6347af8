#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// output = max(input, 0), elementwise.
///
///   input, output [N, H, W, C]
///
/// backward() overwrites grad_input with grad_output where output > 0 (ReluRule::gradient), where grad_output > 0
/// (deconvnet), or where both hold (guided), zero elsewhere. Does not couple samples.
/// Source: Nair, Hinton 2010; the rules: Springenberg et al. 2015, section 3.4 (arXiv 1412.6806).
class Relu : public Layer {
 public:
  using Layer::Layer;
  std::string_view kind() const override { return "relu"; }
  Needs needs() const override { return {.output = true}; }
  bool forward_in_place() const override { return true; }
  bool runs_again() const override { return true; }
  bool backward_in_place() const override { return true; }
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
};

}  // namespace reprise::layers
