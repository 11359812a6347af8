#pragma once
// Attention, normalised rows and sequence pooling of one sample as plain loops in double.

#include <cstdint>
#include <vector>

namespace reprise::kernels::reference {

/// T tokens of C channels, which `heads` heads share out; factors [heads, T, T] multiply the probabilities, empty: all 1.
struct AttentionShape {
  std::int64_t tokens, channels, heads;
};
/// input [T, 3C]: queries, keys, values -> [T, C].
std::vector<double> attention(const AttentionShape& shape, const std::vector<double>& input, const std::vector<double>& factors = {});
std::vector<double> attention_grad(const AttentionShape& shape, const std::vector<double>& input, const std::vector<double>& grad_output,
                                   const std::vector<double>& factors = {});

/// Each row of input [rows, C] with its own mean and biased variance; gamma, beta [C].
std::vector<double> layer_norm(const std::vector<double>& input, const std::vector<double>& gamma, const std::vector<double>& beta,
                               double epsilon);
struct LayerNormGradients {
  std::vector<double> input, gamma, beta;
};
LayerNormGradients layer_norm_grad(const std::vector<double>& input, const std::vector<double>& gamma, double epsilon,
                                   const std::vector<double>& grad_output);

/// input [T, C], weight [C] -> [C]: the mean of the rows with weights softmax over rows of weight · row.
std::vector<double> sequence_pool(const std::vector<double>& input, const std::vector<double>& weight);
struct SequencePoolGradients {
  std::vector<double> input, weight;
};
SequencePoolGradients sequence_pool_grad(const std::vector<double>& input, const std::vector<double>& weight,
                                         const std::vector<double>& grad_output);

}  // namespace reprise::kernels::reference
