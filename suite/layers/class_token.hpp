#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Puts a learned token in front of the others: output_0 = token, output_(t + 1) = input_t.
///
///   input  [N, H, W, C]       T = H * W tokens
///   output [N, T + 1, 1, C]
///   token  [1, C]
///
/// backward() overwrites grad_input and grad_token, the latter with the sum over the samples. Does not couple samples. Throws ShapeError
/// unless it has one input. Initialisation: 0. Source: Dosovitskiy et al. 2021, section 3.1 (arXiv 2010.11929).
class ClassToken : public Layer {
 public:
  using Layer::Layer;
  std::string_view kind() const override { return "class_token"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
};

}  // namespace reprise::layers
