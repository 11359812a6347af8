#pragma once

#include "suite/layers/layer.hpp"
#include "suite/layers/momentum_chain.hpp"
#include "suite/layers/routing.hpp"

namespace reprise::layers {

/// What the backward pass of a momentum stack restores its activations from.
enum class StackMemory {
  invert,  ///< the ends of a block, in float32; blocks are run backward and their layers evaluated again
  exact,   ///< the same in fixed point, exact bit by bit
  store,   ///< everything, as ordinary back-propagation
};

/// A stack of residual capsule blocks, each a pair of capsule layers f_1, f_2 in a momentum chain (Gugglberger et al. 2022, arXiv
/// 2201.11091):
///   v = 0;  v <- gamma v + (1 - gamma) f_k(x);  x <- x + v   for k = 1, 2
///
///   input, output [N, H, W, d]     I = H * W capsules of d values
///   weight of each layer [I, d, I, d]: "block1.first", "block1.second", "block2.first" ...; with scaled distance agreement a bias [I, d]
///   after each, "block1.first.bias"
///
/// Options: `restart` sets v to 0 at each block, as the released code does, else v runs through the whole stack; `doubled` adds the block's
/// input to its output once more (x + block(x), an identity too many), which is what the released code computes.
/// Saved for invert and exact: x at the end, v at the end of each block (of the stack without restart) and with `doubled` each block's
/// input; for store: the input, coefficients and sums of every layer. backward() goes back, evaluating each layer once more unless stored,
/// and overwrites grad_input and the gradients of the weights. Does not couple samples. Throws InputError as Momentum, for no iterations or
/// blocks, `doubled` without `restart`, and an exact chain that is too long; output_shape() as RoutingOptions::check for the capsules of
/// its input, and ShapeError unless it has one. Initialisation: N(0, 0.01^2), biases 0.1.
class MomentumCapsules : public Layer {
 public:
  struct Options {
    std::int64_t blocks = 1;
    int iterations = 3;
    RoutingKind kind = RoutingKind::dynamic;
    RoutingGradient gradient = RoutingGradient::last;
    double momentum = 0.9;
    bool restart = true;
    bool doubled = false;
    StackMemory memory = StackMemory::invert;
    double deviation = 0.01;  ///< of the weights
  };
  explicit MomentumCapsules(Options options);
  std::string_view kind() const override { return "momentum_capsules"; }
  SampleShape output_shape(std::span<const SampleShape> inputs) const override;
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override;
  Cost cost(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {}; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  bool has_bias() const { return options_.kind == RoutingKind::scaled_distance; }
  RoutingOptions routing_for(const SampleShape& input) const;
  Options options_;
};

}  // namespace reprise::layers
