#pragma once

#include <memory>

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// A convolution or dense layer whose weights share k values: weight_i = codebook[cluster_i].
///
///   input, output     those of `inner`; so are the parameters but for its weight
///   codebook [k]      the values, trained; their gradient is the sum over the weights that share them. No decay
///   cluster           shaped like the weight: a whole number from 0 to k - 1 for each; stays as it starts
///
/// backward() overwrites what that of `inner` does. A value that is exactly 0 stays so: it belongs to weights that were pruned. A run that
/// starts from a net of plain weights has them clustered (suite/runs/clustered_start.hpp); without such a start both are drawn, as in the
/// hashed nets of Chen et al. 2015 (arXiv 1504.04788). Not cut by output features. Does not couple samples. Throws InputError for k outside
/// 2 to 65,536, and if the first parameter of `inner` is no weight. Source: Han et al. 2016, section 3 (arXiv 1510.00149).
class ClusteredWeights : public Layer {
 public:
  struct Options {
    std::shared_ptr<const Layer> inner{};
    std::int64_t values = 16;  ///< k
  };
  explicit ClusteredWeights(Options options);
  const Options& options() const { return options_; }
  /// Bits that say which value a weight takes.
  int stored_bits() const;

  std::string_view kind() const override { return "clustered_weights"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override { return options_.inner->output_shape(inputs); }
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override;
  Cost cost(std::span<const SampleShape> inputs) const override { return options_.inner->cost(inputs); }
  Needs needs() const override { return options_.inner->needs(); }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
