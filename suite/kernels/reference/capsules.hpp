#pragma once
// Capsule layers and momentum stacks of one sample as plain loops in double, with ordinary back-propagation.

#include <cstdint>
#include <vector>

namespace reprise::kernels::reference {

using Numbers = std::vector<double>;

/// v = s n / (1 + n^2) for one capsule, n = |s|.
Numbers squash(const Numbers& s);
Numbers squash_grad(const Numbers& s, const Numbers& grad_output);

/// I input capsules of d values, J output capsules of D; weight [I, d, J, D], bias [J, D] or empty.
struct CapsuleLayer {
  std::int64_t inputs, input_dimensions, outputs, output_dimensions;
  int iterations = 3;
  bool scaled_distance = false;
};

/// Output [J, D], and what the last iteration went by: coefficients [I, J] (times the shortening of the vote), sums [J, D].
struct Routed {
  Numbers output, coefficients, sums;
};
Routed route(const CapsuleLayer& layer, const Numbers& input, const Numbers& weight, const Numbers& bias = {});

struct CapsuleGradients {
  Numbers input, weight, bias;
};
/// The last iteration's gradient, coefficients constant.
CapsuleGradients route_grad(const CapsuleLayer& layer, const Numbers& input, const Numbers& weight, const Routed& routed,
                            const Numbers& grad_output);

/// Blocks of two capsule layers in a momentum chain; weights of all layers in order, each followed by its bias with scaled distance
/// agreement.
struct MomentumStack {
  CapsuleLayer layer;
  double momentum = 0.9;
  bool restart = true, doubled = false;
};
Numbers momentum_stack(const MomentumStack& stack, const Numbers& input, const std::vector<Numbers>& weights);
struct StackGradients {
  Numbers input;
  std::vector<Numbers> weights;
};
/// Every layer's input is kept; nothing is inverted.
StackGradients momentum_stack_grad(const MomentumStack& stack, const Numbers& input, const std::vector<Numbers>& weights,
                                   const Numbers& grad_output);

}  // namespace reprise::kernels::reference
