#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Drops a whole residual branch of a sample: output = input / keep with probability `keep`, else 0; the input itself when inferring.
///
///   input, output [N, H, W, C]
///
/// One draw belongs to (seed, purpose, layer channel, step, slot in the global batch), purpose dropout in Mode::train and monte_carlo in
/// Mode::infer_with_dropout. backward() draws again and overwrites grad_input. Nothing is saved. Does not couple samples.
/// Throws InputError unless 0 < keep <= 1, ShapeError unless it has one input. Source: Huang et al. 2016 (arXiv 1603.09382), scaled in
/// training rather than in inference.
class DropPath : public Layer {
 public:
  struct Options {
    double keep = 1;
  };
  explicit DropPath(Options options);
  std::string_view kind() const override { return "drop_path"; }
  Needs needs() const override { return {}; }
  bool forward_in_place() const override { return true; }
  bool backward_in_place() const override { return true; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
