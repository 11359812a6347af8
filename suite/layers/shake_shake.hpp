#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// A random mean of two branches: output = a x + (1 - a) y; the gradient is shared out with weights b and 1 - b of their own.
///
///   inputs x, y, output [N, H, W, C]
///
///   forward   a                       backward  b
///   even      1/2                     even      1/2
///   shake     drawn from [0, 1)       shake     drawn from [0, 1)
///                                     keep      a
/// drawn for each sample, or once for the batch; 1/2 when inferring. With another b than a, backward() is no derivative, on purpose. Draws
/// belong to (seed, purpose, layer channel, step, slot in the global batch), purpose dropout in Mode::train and monte_carlo in
/// Mode::infer_with_dropout. backward() overwrites both grad_inputs. Does not couple samples. Throws ShapeError unless there are two inputs
/// of one shape. Source: Gastaldi 2017 (arXiv 1705.07485), section 2.
class ShakeShake : public Layer {
 public:
  enum class Weight { even, shake, keep };
  struct Options {
    Weight forward = Weight::shake;
    Weight backward = Weight::shake;
    bool per_image = true;
  };
  /// Throws InputError for forward = keep.
  explicit ShakeShake(Options options);
  std::string_view kind() const override { return "shake_shake"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
