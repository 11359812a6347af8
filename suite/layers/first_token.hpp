#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// The first token alone: where a class token stands, what the classifier reads.
///
///   input  [N, H, W, C]
///   output [N, 1, 1, C]
///
/// backward() overwrites grad_input: zero but for the first token. Does not couple samples. Throws ShapeError unless it has one input.
class FirstToken : public Layer {
 public:
  using Layer::Layer;
  std::string_view kind() const override { return "first_token"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
};

}  // namespace reprise::layers
