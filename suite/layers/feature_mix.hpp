#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Mixes each row with that of its partner in the shard: output[n] = s input[n] + (1 - s) input[partner of n], if the batch is mixed at
/// this layer's place (ShardInfo::mixing); else, and when inferring, the input.
///
///   input, output [N, H, W, C]
///
/// backward() overwrites grad_input. Nothing is saved. Does not couple the samples of different shards. Throws InputError for place < 0,
/// ShapeError unless it has one input. Source: Verma et al. 2019 (arXiv 1806.05236), section 2.
class FeatureMix : public Layer {
 public:
  struct Options {
    int place = 0;
  };
  explicit FeatureMix(Options options);
  int place() const { return options_.place; }
  std::string_view kind() const override { return "feature_mix"; }
  Needs needs() const override { return {}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
