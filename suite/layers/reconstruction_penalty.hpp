#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Output equals the first input; in training it adds to each sample's loss the penalty weight * |reconstruction - target|^2, so that a
/// decoder learns beside the classes.
///
///   inputs  value [N, K], reconstruction [N, D], target [N, H, W, C] with H W C = D
///   output  [N, K]
///
/// The reported loss leaves the penalty out, as it does weight decay. backward() overwrites the gradients: of the value grad_output; of the
/// reconstruction, for valid samples in Mode::train, weight * 2 (reconstruction - target) / samples of the global batch, else zero; of the
/// target the negative of that. Does not couple samples. Throws InputError for a negative weight, ShapeError unless it has three inputs of
/// these shapes. Source: Sabour et al. 2017, section 4.1 (arXiv 1710.09829): weight 0.0005.
class ReconstructionPenalty : public Layer {
 public:
  struct Options {
    double weight = 0.0005;
  };
  explicit ReconstructionPenalty(Options options);
  std::string_view kind() const override { return "reconstruction_penalty"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true, .output = false}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
