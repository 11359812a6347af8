#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Local response normalisation across channels: output_i = input_i / (k + alpha * sum of input_j^2)^beta, the sum over the `window`
/// channels j around i, fewer at the ends.
///
///   input, output [N, H, W, C]
///
/// With `divided` alpha is divided by the window first, as some libraries do; the paper does not. With `groups` each part of C / groups
/// channels is normalised by itself. backward() overwrites grad_input. Does not couple samples. Throws InputError for a window that is even
/// or above 33, or a k that is not positive, ShapeError if groups do not divide C. Source: Krizhevsky et al. 2012, section 3.3.
class LocalResponseNorm : public Layer {
 public:
  struct Options {
    int window = 5;
    double k = 2, alpha = 1e-4, beta = 0.75;
    bool divided = false;
    std::int64_t groups = 1;
  };
  explicit LocalResponseNorm(Options options);
  const Options& options() const { return options_; }
  std::string_view kind() const override { return "local_response_norm"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
