#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Keeps one capsule of each sample and sets the others to zero: what a decoder reconstructs the image from.
///
///   input, output [N, H, W, D]     K = H * W capsules of D values
///
/// by_label: while training the capsule of the label stays (Sabour et al. 2017, section 4.1, arXiv 1710.09829); otherwise, and wherever
/// there is no label, the longest one, the first of equals. Saved: which. backward() overwrites grad_input: grad_output of the capsule that
/// stays, zero elsewhere. Does not couple samples. Throws ShapeError unless it has one input.
class CapsuleMask : public Layer {
 public:
  struct Options {
    bool by_label = true;
  };
  explicit CapsuleMask(Options options) : options_(options) {}
  std::string_view kind() const override { return "capsule_mask"; }
  Needs needs() const override { return {}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
