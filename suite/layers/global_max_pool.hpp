#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Largest value over all positions: output[n,c] = max over h,w of input[n,h,w,c].
///
///   input  [N, H, W, C]    H*W at most 65536
///   output [N, C]
///
/// The first maximum in row order wins a tie and alone receives the gradient. backward() overwrites grad_input.
/// Does not couple samples. Throws ShapeError unless it has one input of at most 65536 positions.
class GlobalMaxPool : public Layer {
 public:
  using Layer::Layer;
  std::string_view kind() const override { return "global_max_pool"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
};

}  // namespace reprise::layers
