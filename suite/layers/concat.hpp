#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Joins the channels of all inputs: output[..., c] is input k's channel c - (channels of the inputs before k).
///
///   inputs [N, H, W, C_k]
///   output [N, H, W, sum of C_k]
///
/// backward() overwrites every grad_input with its slice of grad_output. Does not couple samples. In the first channels of wider rows
/// (output_pitch) a chain of concatenations, each of which extends the one before, grows in one place and copies only what is new.
/// Throws ShapeError unless all inputs have one height and one width.
class Concat : public Layer {
 public:
  using Layer::Layer;
  std::string_view kind() const override { return "concat"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  bool joins_channels() const override { return true; }
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
};

}  // namespace reprise::layers
