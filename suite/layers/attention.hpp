#pragma once

#include "suite/layers/layer.hpp"

namespace reprise::layers {

/// Scaled dot-product attention of several heads: output_t = sum over s of m_ts p_ts v_s, p_t = softmax over s of q_t · k_s / sqrt(d).
///
///   input  [N, H, W, 3C]   T = H * W tokens; queries, keys and values of C channels one after the other, a head's d = C / heads in one
///   piece output [N, H, W, C]
///
/// m: dropout of the probabilities, 1/keep with probability `keep`, else 0; 1 when inferring. Draws belong to (seed, purpose, layer
/// channel, step, slot in the global batch, head and pair of tokens), as those of Dropout. The projections around it are 1x1 convolutions.
/// Saved: the maximum and the sum of each row of scores; backward() computes the probabilities again, to the same bits, and overwrites
/// grad_input. Scores and probabilities are float32. Does not couple samples. Throws InputError for heads < 1 and keep outside (0, 1],
/// ShapeError unless 3 heads divide the channels of its one input. Source: Vaswani et al. 2017, section 3.2 (arXiv 1706.03762).
class Attention : public Layer {
 public:
  struct Options {
    std::int64_t heads = 1;
    double keep = 1;  ///< probability that an attention weight stays
  };
  explicit Attention(Options options);
  std::string_view kind() const override { return "attention"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  Cost cost(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
