#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Largest value of each window: output[n,p,q,c] = max over the window of input[n, p*stride-padding+r, q*stride-padding+s, c].
///
///   input  [N, H, W, C]
///   output [N, P, Q, C]    P = round((H + 2*padding - window) / stride) + 1, rounded down, or up with `ceil`; with `ceil`
///                          a last window that would begin in the padding below or right of the input is left out.
///
/// Cells outside the input never win. The first maximum in row order wins a tie and alone receives the gradient (saved as
/// one byte per output; window at most 16). backward() overwrites grad_input; overlapping windows add in float32.
/// Does not couple samples. Throws InputError for a window, stride or padding out of range (padding at most window / 2) and
/// ShapeError if no window fits.
class MaxPool2d : public Layer {
 public:
  struct Options {
    int window = 2;
    int stride = 2;
    int padding = 0;
    bool ceil = false;
  };
  explicit MaxPool2d(Options options);
  const Options& options() const { return options_; }
  std::string_view kind() const override { return "max_pool2d"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
