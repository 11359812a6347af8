#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Fully connected layer: output = input · weightᵀ + bias.
///
///   input  [N, D]      D = H*W*C of the input, in memory order
///   output [N, K]      K = features
///   weight [K, D], bias [K]
///
/// A layer of at least kBlockedWeights weights and kBlockedFeatures features is cut into partitions of output features (see
/// PreparedPartitions), any other into shards. backward() overwrites grad_input, grad_weight and grad_bias. Does not couple samples.
/// Initialisation: He et al. 2015, section 2.2 (arXiv 1502.01852) unless told otherwise; biases 0.
class Dense : public Layer {
 public:
  struct Options {
    std::int64_t features = 1;
    bool bias = true;
    bool bias_decays = false;  ///< weight decay applies to the bias
    Initialisation::Kind initialisation = Initialisation::Kind::he_normal;
    double gain = 1.0;  ///< standard deviation, for Kind::normal
    double bias_start = 0;
  };
  /// Below these a shard's own weight gradient is cheaper than a second cut through the batch.
  static constexpr std::int64_t kBlockedWeights = 100'000, kBlockedFeatures = 256;

  explicit Dense(Options options) : options_(options) {}
  const Options& options() const { return options_; }

  std::string_view kind() const override { return "dense"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override;
  Cost cost(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true, .output = false}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;
  int output_partitions(std::span<const SampleShape> inputs) const override;
  std::unique_ptr<PreparedPartitions> prepare_partitions(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
