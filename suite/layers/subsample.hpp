#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Every stride-th position, with channels of zeros behind those of the input: the shortcut without parameters of residual nets.
///
///   input  [N, H, W, C]
///   output [N, P, Q, K]   P = (H - 1) / stride + 1; output[p, q] = input[p stride + offset, q stride + offset] followed by K - C zeros;
///                         positions outside the input are 0. K = channels, or C for channels = 0
///
/// backward() overwrites grad_input. Does not couple samples. Throws InputError for stride < 1, ShapeError unless there is one input with
/// at most `channels` channels. Source: He et al. 2016 (arXiv 1512.03385), shortcut A; offset -1: Gastaldi 2017 (arXiv 1705.07485),
/// section 2.1.
class Subsample : public Layer {
 public:
  struct Options {
    std::int64_t stride = 1;
    std::int64_t offset = 0;
    std::int64_t channels = 0;
  };
  explicit Subsample(Options options);
  std::string_view kind() const override { return "subsample"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
