#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// What of each channel exceeds the mean of its position, to a power: output_k = max(0, input_k - mean over k of input_k)^power.
///
///   input, output [N, H, W, C]
///
/// backward() overwrites grad_input; with power < 1 the slope is infinite at zero and taken as zero there. Does not couple samples.
/// Throws ShapeError unless it has one input; InputError for power <= 0.
/// Source: Coates, Lee, Ng 2011, section 4.2 (power 1); Journé et al. 2023 (arXiv 2209.11883).
class Triangle : public Layer {
 public:
  struct Options {
    double power = 1;
  };
  explicit Triangle(Options options);
  std::string_view kind() const override { return "triangle"; }
  Needs needs() const override { return {.output = true}; }
  bool forward_in_place() const override { return true; }
  bool backward_in_place() const override { return true; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
