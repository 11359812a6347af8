#pragma once
// A net of real numbers, and the same with weights and activations of few bits.

#include "suite/graph/graph.hpp"
#include "suite/layers/quantised_activation.hpp"
#include "suite/recipes/options.hpp"

namespace reprise::models {

/// What becomes of a net. As most papers have it, its first and its last layer of weights stay real, or get a precision of their own.
struct FewBits {
  layers::WeightQuantiser weights{};  ///< of convolutions and dense layers but the first and the last
  std::int64_t values = 0;            ///< positive: these weights share as many trained values, layer by layer; without a rule
  bool clips = false;                 ///< stored weights stay in [-1, 1]
  bool quantises_activations = false;
  layers::QuantisedActivation::Options activations{};
  int edge_bits = 32;  ///< of the first and the last layer's weights, symmetric; 32: real
};

/// Options of a model, all real unless given: weights and activations are rules (weight_quantiser.hpp, quantised_activation.hpp),
/// weight_bits and activation_bits theirs, weight_gate and activation_gate their estimators of the gradient, alpha pact's start, clips and
/// edge_bits; weight_values, without a rule for weights, shares values (clustered_weights.hpp). Throws InputError for one that the rule has
/// not.
FewBits few_bits_of(const recipes::Options& options);

/// The net with the same nodes, names and heads. Weights: those of conv2d and dense. Activations: every relu whose values reach a layer of
/// quantised or clustered weights other than the last, directly or through maxima, dropout and flattening.
graph::Graph with_few_bits(const graph::Graph& net, const FewBits& bits);

}  // namespace reprise::models
