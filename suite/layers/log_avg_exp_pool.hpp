#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Soft maximum of each window with temperature t: output = t * log( (1/n) * sum over the window of exp(input / t) ).
/// t -> 0 gives the maximum, t -> infinity the mean. Without `subtract_count` it is LogSumExp, t * log(sum exp(input / t)).
///
///   input  [N, H, W, C]
///   output [N, P, Q, C]    P, Q as in MaxPool2d; [N, C] if window is 0 (global)
///   tau    [1] or [C]      log t, only if `learned`; clamped to log 1e-3 .. log 1e3, no weight decay
///
/// n counts the window's cells inside the input: padding cells take no part in the sum or in n.
/// With p = softmax(input / t) over the window: d output / d input = p, d output / d tau = output - sum p * input.
/// Computed in float32 around the window's maximum; backward() overwrites grad_input and grad tau.
/// Does not couple samples: tau's gradient is an ordinary sum. Throws as MaxPool2d, and InputError unless
/// 1e-3 <= initial_temperature <= 1e3.
/// Source: Lowe, Trappenberg, Oore 2021, equations 5 and 6 (arXiv 2111.01742).
class LogAvgExpPool : public Layer {
 public:
  struct Options {
    int window = 0;  ///< 0: all positions
    int stride = 1;
    int padding = 0;
    bool ceil = false;
    double initial_temperature = 1.0;
    bool learned = false;
    bool per_channel = false;    ///< one tau per channel instead of one for all
    bool subtract_count = true;  ///< false: LogSumExp
  };
  explicit LogAvgExpPool(Options options);
  std::string_view kind() const override { return "log_avg_exp_pool"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
