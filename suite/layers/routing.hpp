#pragma once
// Votes and routing of one capsule layer, forward and back, for the samples of a shard: what the capsule layers share.
//
// Legend: N samples, I input capsules of d values, J output capsules of D values.
//   input u [N, I, d], weight W [I, d, J, D], votes û_ij = u_i W_ij [N, I, J, D], bias [J, D], output v [N, J, D]
//
//   dynamic routing (Sabour et al. 2017, procedure 1, arXiv 1710.09829), b = 0, then `iterations` times
//     c_ij = softmax over j of b_ij;  s_j = sum over i of c_ij û_ij + bias_j;  v_j = squash(s_j);  b_ij += û_ij · v_j, not after the last
//   scaled distance agreement (Peer et al. 2018, arXiv 1812.09707): votes are shortened to |û_ij| <= |u_i| and b_ij = t |v_j - û_ij| with
//     t = (ln(0.9 (J - 1)) - ln 0.1) / (d/2 - d), d = mean over i and j of |v_j - û_ij| for each sample
//   squash(s) = s n / (1 + n^2), n = |s|
//
// All numbers are float32. A sample's numbers depend on that sample alone, gradients of weights are summed in the order of samples.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "suite/kernels/vector/capsule_kernels.hpp"
#include "suite/layers/layer.hpp"

namespace reprise::layers {

enum class RoutingKind { dynamic, scaled_distance };

/// What a gradient passes through: the last iteration, its coefficients taken as constants (the code of MoCapsNet and most others), or
/// all iterations. Shortening of votes always counts as constant.
enum class RoutingGradient { last, all };

struct RoutingOptions {
  std::int64_t capsules = 10;    ///< J
  std::int64_t dimensions = 16;  ///< D
  int iterations = 3;
  RoutingKind kind = RoutingKind::dynamic;
  RoutingGradient gradient = RoutingGradient::last;
  /// Throws InputError naming `layer`: a count below 1, or gradients through all iterations of scaled distance agreement.
  void check(const std::string& layer) const;
  std::vector<Fact> facts() const;  ///< in words: " 32 capsules of 8, 3 iterations"
};

struct RoutingShape {
  std::int64_t samples, inputs, input_dimensions, outputs, output_dimensions;  ///< N, I, d, J, D
};

class Routing {
 public:
  Routing(const RoutingShape& shape, const RoutingOptions& options);

  /// Coefficients [N, I, J] and sums s [N, J, D] of the iterations that a gradient passes through.
  std::size_t saved_floats() const;
  std::size_t scratch_floats() const;
  /// bias, saved: may be null. Overwrites output and saved.
  void forward(const float* input, const float* weight, const float* bias, float* output, float* saved, float* scratch) const;
  /// Overwrites grad_input, grad_weight and grad_bias; each may be null.
  void backward(const float* input, const float* weight, const float* grad_output, const float* saved, float* grad_input,
                float* grad_weight, float* grad_bias, float* scratch) const;

  /// Multiply-adds of one sample: votes; forward with its iterations.
  static std::int64_t vote_macs(const RoutingShape& shape);
  static std::int64_t forward_macs(const RoutingShape& shape, const RoutingOptions& options);

 private:
  std::int64_t vote_size() const { return shape_.outputs * shape_.output_dimensions; }
  int kept_iterations() const { return options_.gradient == RoutingGradient::all ? options_.iterations : 1; }
  kernels::CapsuleRows votes_of_sample() const { return {shape_.inputs, shape_.outputs, shape_.output_dimensions}; }
  /// What adds up to the gradient of a vote.
  int terms() const { return 2 * kept_iterations() - 1; }
  void cast_votes(const float* input, const float* weight, float* votes) const;
  void shorten_votes(const float* input, float* votes, float* factors) const;
  void route(const float* votes, const float* bias, float* output, float* saved, float* logits, std::int64_t sample) const;
  void update_logits(const float* votes, const float* output, bool is_first, float* logits) const;
  void sum_grads(const float* grad_output, const float* saved, float* grad_sums, float* grad_bias) const;
  void sum_grads_of_all(const float* votes, const float* grad_output, const float* saved, float* rows, float* grad_logits,
                        float* grad_coefficients, float* grad_bias) const;
  const float* coefficients(const float* saved, int iteration, std::int64_t sample) const;
  const float* sums(const float* saved, int iteration, std::int64_t sample) const;

  RoutingShape shape_;
  RoutingOptions options_;
};

/// output[r] = squash(input[r]) for rows of `dimensions` values.
void squash(const float* input, std::int64_t rows, std::int64_t dimensions, float* output);
/// grad_input (may be grad_output) from the input of squash; a row shorter than 1e-18 gets its gradient times n.
void squash_grad(const float* input, const float* grad_output, std::int64_t rows, std::int64_t dimensions, float* grad_input);

}  // namespace reprise::layers
