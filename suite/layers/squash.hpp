#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Primary capsules: every run of `dimensions` channels at a position is a capsule s, squashed to s n / (1 + n^2), n = |s|.
///
///   input  [N, H, W, C]      C = types * dimensions
///   output [N, 1, I, d]      I = H * W * types capsules, d = dimensions
///
/// backward() overwrites grad_input. Does not couple samples. Throws ShapeError unless dimensions divide the channels of one input.
/// Source: Sabour et al. 2017, equation 1 (arXiv 1710.09829). Its norm n^2 / (1 + n^2) of a vector s / n is the same thing.
class Squash : public Layer {
 public:
  struct Options {
    std::int64_t dimensions = 8;
  };
  explicit Squash(Options options) : options_(options) {}
  std::string_view kind() const override { return "squash"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true, .output = false}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
