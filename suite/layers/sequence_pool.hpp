#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Mean of the tokens, weighted by attention that is learned: output = sum over t of a_t x_t, a = softmax over t of weight · x_t + bias.
///
///   input  [N, H, W, C]   T = H * W tokens x_t
///   output [N, 1, 1, C]
///   weight [1, C], bias [1]; the bias moves all tokens alike, so it changes nothing and its gradient is zero
///
/// Saved: a [N, T]. backward() overwrites grad_input, grad_weight and grad_bias. Does not couple samples. Throws ShapeError unless it has
/// one input. Source: Hassani et al. 2021, section 3.3 (arXiv 2104.05704). Initialisation: N(0, 0.02^2), bias 0, as in their code.
class SequencePool : public Layer {
 public:
  struct Options {
    double deviation = 0.02;   ///< of the weights
    bool bias_decays = false;  ///< weight decay applies to the bias
  };
  explicit SequencePool(Options options) : options_(options) {}
  std::string_view kind() const override { return "sequence_pool"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override;
  Cost cost(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true}; }
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
