#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// A convolution whose filters are not shared between positions: output[n, p, q, k] = bias[p, q, k] + sum_{r, s, c} input[n, p*stride + r -
/// padding, q*stride + s - padding, c] weight[p, q, k, r, s, c].
///
///   input  [N, H, W, C]
///   output [N, P, Q, K]   P = (H + 2 padding - filter_size) / stride + 1, rounded down
///   weight [P·Q·K, R, S, C] with R = S = filter_size, bias [P·Q·K]: a unit is a filter at a position
///
/// One matrix product a position. backward() overwrites grad_input, grad_weight and grad_bias; a shard adds to an input value in the
/// order of the positions, in float32. Does not couple samples. Throws ShapeError if the filter exceeds the padded input.
/// Initialisation: He et al. 2015, section 2.2 (arXiv 1502.01852) unless told otherwise; fan_in = C filter_size^2; biases 0.
/// Source: the "local" layers of cuda-convnet (Krizhevsky); Gregor & LeCun 2010 (arXiv 1006.0448).
class LocallyConnected2d : public Layer {
 public:
  struct Options {
    std::int64_t filters = 1;
    std::int64_t filter_size = 3;
    std::int64_t stride = 1;
    std::int64_t padding = 0;
    Initialisation::Kind initialisation = Initialisation::Kind::he_normal;
    double gain = 1.0;  ///< standard deviation, for Kind::normal
  };

  explicit LocallyConnected2d(Options options) : options_(options) {}
  const Options& options() const { return options_; }

  std::string_view kind() const override { return "locally_connected2d"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override;
  Cost cost(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true, .output = false}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
