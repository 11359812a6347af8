#pragma once

#include "suite/layers/weight_quantiser.hpp"

namespace reprise::layers {

/// A convolution or dense layer that computes with f(weight) in place of its weight; see weight_quantiser.hpp for f.
///
///   input, output and parameters are those of `inner`: the weight that is stored, initialised and trained stays float32
///
/// backward() overwrites what that of `inner` does, the gradient by the weight being that by f(weight) times the slope of the
/// straight-through estimator. Biases stay as they are. With `clips` the stored weight is clamped to [-1, 1] after each update, the range
/// in which signs can still turn. Not cut by output features. Does not couple samples. With WeightRule::none the bits are those of `inner`.
/// Throws InputError for bits that the rule has not, and if the first parameter of `inner` is no weight.
/// Source: Courbariaux et al. 2015, algorithm 1 (arXiv 1511.00363).
class QuantisedWeights : public Layer {
 public:
  struct Options {
    std::shared_ptr<const Layer> inner{};
    WeightQuantiser quantiser{};
    bool clips = false;
  };
  explicit QuantisedWeights(Options options) : options_(std::move(options)) {}
  const Options& options() const { return options_; }

  std::string_view kind() const override { return "quantised_weights"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override { return options_.inner->output_shape(inputs); }
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override;
  Cost cost(std::span<const SampleShape> inputs) const override { return options_.inner->cost(inputs); }
  Needs needs() const override { return options_.inner->needs(); }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
