#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Softmax over the channels of each position: output_k = exp(gain * input_k) / sum over j of exp(gain * input_j).
///
///   input, output [N, H, W, C]
///
/// An activation inside a net; the loss has a softmax of its own. backward() overwrites grad_input. Does not couple samples.
/// Throws ShapeError unless it has one input; InputError for gain <= 0.
class Softmax : public Layer {
 public:
  struct Options {
    double gain = 1;
  };
  explicit Softmax(Options options);
  std::string_view kind() const override { return "softmax"; }
  Needs needs() const override { return {.output = true}; }
  bool forward_in_place() const override { return true; }
  bool backward_in_place() const override { return true; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
