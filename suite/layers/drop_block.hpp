#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Drops squares of each map: output = input * mask * H W / (ones of the mask), the mask of a channel being 0 in size x size squares.
///
///   input, output [N, H, W, C]
///
/// Squares lie inside the map; each of the (H - s + 1) (W - s + 1) places of a channel holds one with probability
///   gamma = (1 - keep) / s^2 * H W / ((H - s + 1) (W - s + 1)),   s = size, or the map's shorter side if that is less.
/// With `ramps`, keep falls linearly from 1 to `keep` over training (ShardInfo::progress). Ones are counted over the sample. Draws belong
/// to (seed, purpose, layer channel, step, slot in the global batch), purpose dropout in Mode::train and monte_carlo in
/// Mode::infer_with_dropout; Mode::infer passes the input on. The mask is saved; backward() overwrites grad_input. Does not couple samples.
/// Throws InputError unless 0 < keep <= 1 and size >= 1, ShapeError unless it has one input.
/// Source: Ghiasi et al. 2018 (arXiv 1810.12890), algorithm 1.
class DropBlock : public Layer {
 public:
  struct Options {
    double keep = 0.9;
    std::int64_t size = 7;
    bool ramps = true;
  };
  explicit DropBlock(Options options);
  std::string_view kind() const override { return "drop_block"; }
  Needs needs() const override { return {}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
  /// The probability that a square begins at a place of a map.
  static double gamma(double keep, std::int64_t size, const SampleShape& map);

 private:
  Options options_;
};

}  // namespace reprise::layers
