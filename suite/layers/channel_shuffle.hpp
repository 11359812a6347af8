#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Exchanges channels between the groups of a grouped convolution: with C channels in G groups of C / G, channel g C / G + i of the input
/// becomes channel i G + g of the output, so that every group of the next layer reads some of each.
///
///   input, output [N, H, W, C]
///
/// backward() overwrites grad_input. Does not couple samples. Throws ShapeError unless `groups` divides C.
/// Source: Zhang et al. 2017, section 3.1 (arXiv 1707.01083).
class ChannelShuffle : public Layer {
 public:
  struct Options {
    std::int64_t groups = 2;
  };
  explicit ChannelShuffle(Options options) : options_(options) {}
  std::string_view kind() const override { return "channel_shuffle"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
