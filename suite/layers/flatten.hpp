#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// The same memory under another shape.
///
///   input  [N, H, W, C]
///   output [N, H*W*C]    in memory order: channels fastest
///
/// forward() and backward() do nothing in place and copy otherwise. Does not couple samples.
/// Throws ShapeError unless it has one input.
class Flatten : public Layer {
 public:
  using Layer::Layer;
  std::string_view kind() const override { return "flatten"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  bool forward_in_place() const override { return true; }
  bool backward_in_place() const override { return true; }
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
};

}  // namespace reprise::layers
