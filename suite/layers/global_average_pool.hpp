#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Mean over all positions: output[n,c] = 1/(H*W) * sum over h,w of input[n,h,w,c].
///
///   input  [N, H, W, C]
///   output [N, C]
///
/// backward() overwrites grad_input. Does not couple samples. Throws ShapeError unless it has one input.
/// Source: Lin et al. 2013, Network in Network, section 3.2 (arXiv 1312.4400).
class GlobalAveragePool : public Layer {
 public:
  using Layer::Layer;
  std::string_view kind() const override { return "global_average_pool"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
};

}  // namespace reprise::layers
