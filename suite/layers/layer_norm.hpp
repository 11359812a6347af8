#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Normalises the channels of each position: output = gamma * (input - mean) / sqrt(variance + epsilon) + beta.
///
///   input, output [N, H, W, C]   mean and (biased) variance over the C channels of a position
///   gamma, beta   [C]
///
/// Statistics are float32. Saved: mean and inverse deviation of each position. backward() overwrites grad_input, grad_gamma and
/// grad_beta. Does not couple samples. Throws ShapeError unless it has one input; InputError for epsilon <= 0.
/// Source: Ba, Kiros, Hinton 2016 (arXiv 1607.06450).
class LayerNorm : public Layer {
 public:
  struct Options {
    double epsilon = 1e-5;
    bool decays = false;  ///< weight decay applies to gamma and beta
  };
  explicit LayerNorm(Options options);
  std::string_view kind() const override { return "layer_norm"; }
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
