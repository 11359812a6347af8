#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Mean of each window over its cells inside the input: padding cells are not counted.
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
  };
  explicit AveragePool2d(Options options);
  std::string_view kind() const override { return "average_pool2d"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  std::string summary() const override;
  std::unique_ptr<Kernel> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
