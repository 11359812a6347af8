#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Drops the largest values of a sample: 0 where (x - min) / (max - min) > 1 - r, x elsewhere, min and max over the sample's values.
///
///   input, output [N, H, W, C]
///
/// r is drawn from [0, rate) once a step, from (seed, purpose, layer channel, step), purpose dropout in Mode::train and monte_carlo in
/// Mode::infer_with_dropout; Mode::infer passes the input on. backward() reads the input and overwrites grad_input. Does not couple
/// samples. Throws InputError unless 0 <= rate < 1, ShapeError unless it has one input. Source: Santos et al. 2020 (arXiv 2007.13723),
/// algorithm 1, with the extremes of each sample in place of the batch's.
class MaxDropout : public Layer {
 public:
  struct Options {
    double rate = 0.3;
  };
  explicit MaxDropout(Options options);
  std::string_view kind() const override { return "max_dropout"; }
  Needs needs() const override { return {.input = true}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
