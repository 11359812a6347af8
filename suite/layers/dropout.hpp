#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

enum class DropoutForm { non_inverted, inverted, gaussian };

/// Multiplies each value by its own random factor m, drawn anew for every sample and step.
///
///   input, output [N, H, W, C]
///
///   form          m while training                          factor when inferring
///   non_inverted  1 with probability keep, else 0           keep      (Srivastava et al. 2014, section 4)
///   inverted      1/keep with probability keep, else 0      1
///   gaussian      normal, mean 1, variance (1-keep)/keep    1         (the same, section 10)
///
/// Draws belong to (seed, purpose, layer channel, step, slot in the global batch, element), purpose dropout in Mode::train and
/// monte_carlo in Mode::infer_with_dropout; keep is rounded to a multiple of 2^-16. backward() draws the same factors again
/// and overwrites grad_input. Nothing is saved. Does not couple samples.
/// Throws InputError unless 0 < keep <= 1, ShapeError unless it has one input.
class Dropout : public Layer {
 public:
  struct Options {
    double keep = 0.5;
    DropoutForm form = DropoutForm::non_inverted;
  };
  explicit Dropout(Options options);
  std::string_view kind() const override { return "dropout"; }
  Needs needs() const override { return {}; }
  bool forward_in_place() const override { return true; }
  bool backward_in_place() const override { return true; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
