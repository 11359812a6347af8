#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Multiplies a residual branch of a sample by b + a - b a: by 1 with probability `keep` (b = 1), else by a random number. The gradient is
/// multiplied by b + c - b c, with the same b and a random c of its own.
///
///   input, output [N, H, W, C]
///
/// a is drawn from [-1, 1), c from [0, 1); `alpha` and `beta` are these ranges. When inferring, the factor is the mean one,
/// keep + (1 - keep) (mean of alpha). With another c than a, backward() is no derivative, on purpose. Draws belong to (seed, purpose, layer
/// channel, step, slot in the global batch), purpose dropout in Mode::train and monte_carlo in Mode::infer_with_dropout. backward()
/// overwrites grad_input. Does not couple samples. Throws InputError unless 0 < keep <= 1 and ranges are in order, ShapeError unless it has
/// one input. Source: Yamada et al. 2018 (arXiv 1802.02375), equation 5.
class ShakeDrop : public Layer {
 public:
  struct Range {
    double low, high;
  };
  struct Options {
    double keep = 0.5;
    Range alpha{-1, 1};
    Range beta{0, 1};
  };
  explicit ShakeDrop(Options options);
  std::string_view kind() const override { return "shake_drop"; }
  Needs needs() const override { return {}; }
  bool forward_in_place() const override { return true; }
  bool backward_in_place() const override { return true; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
