#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// output = factor * input, elementwise, with a fixed factor.
///
///   input, output [N, H, W, C]
///
/// backward() overwrites grad_input = factor * grad_output. Does not couple samples.
class Scale : public Layer {
 public:
  struct Options {
    double factor = 1;
  };
  explicit Scale(Options options) : options_(options) {}
  std::string_view kind() const override { return "scale"; }
  Needs needs() const override { return {}; }
  bool forward_in_place() const override { return true; }
  bool backward_in_place() const override { return true; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
