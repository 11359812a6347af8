#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Tells tokens where they are: output_t = input_t + table_t.
///
///   input, output [N, H, W, C]   T = H * W tokens
///   table [T, C]                 learned; or fixed: table[t, i] = sin(t / 10000^(i / C)) for even i, cos(t / 10000^((i - 1) / C)) for odd
///   i
///
/// backward() overwrites grad_input and grad_table, the latter with the sum over the samples. Does not couple samples. Throws ShapeError
/// unless it has one input. Initialisation: N(0, deviation^2). Source of the fixed table: Vaswani et al. 2017, section 3.5 (arXiv
/// 1706.03762).
class Positions : public Layer {
 public:
  struct Options {
    bool learned = true;
    double deviation = 0.2;  ///< of the learned table
  };
  explicit Positions(Options options) : options_(options) {}
  std::string_view kind() const override { return "positions"; }
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  bool forward_in_place() const override { return true; }
  bool backward_in_place() const override { return true; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
