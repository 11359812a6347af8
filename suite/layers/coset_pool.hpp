#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Pools each map over its orientations: output[n, y, x, c] = max over s of input[n, y, x, s C + c], or the mean.
///
///   input  [N, H, W, S C]    S = orientations, 2 to 16
///   output [N, H, W, C]
///
/// What turns with its input and carries orientation s to u s then merely turns: group convolutions pooled in this way are invariant to
/// the orientation. The first of equal maxima alone receives the gradient. backward() overwrites grad_input. Does not couple samples.
/// Throws InputError for another number of orientations and ShapeError if it does not divide the channels.
/// Source: Cohen, Welling 2016, section 6.3 (arXiv 1602.07576).
class CosetPool : public Layer {
 public:
  struct Options {
    int orientations = 4;
    bool average = false;
  };
  explicit CosetPool(Options options);
  std::string_view kind() const override { return "coset_pool"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
