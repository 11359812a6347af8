#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Mean of each window over its cells inside the input. Padding cells are not counted; with `counts_padding` they count as zeros, which is
/// what PyTorch does unless told otherwise.
///
///   input  [N, H, W, C]
///   output [N, P, Q, C]    P, Q as in MaxPool2d
///
/// backward() overwrites grad_input. Does not couple samples. Throws as MaxPool2d.
class AveragePool2d : public Layer {
 public:
  struct Options {
    int window = 2;
    int stride = 2;
    int padding = 0;
    bool ceil = false;
    bool counts_padding = false;
  };
  explicit AveragePool2d(Options options);
  const Options& options() const { return options_; }
  std::string_view kind() const override { return "average_pool2d"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
