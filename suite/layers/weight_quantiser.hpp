#pragma once
// Weights of few bits: what a layer computes with in place of the float32 weights that it stores and trains.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "suite/layers/effective_weights.hpp"

namespace reprise::layers {

/// f of a weight w [K, D], K output units:
///
///   none       w
///   dorefa     k = 1: mean|w| sign(w). Else 2 q(tanh(w) / (2 max|tanh(w)|) + 1/2) - 1, q(r) = round((2^k - 1) r) / (2^k - 1): 2^k even
///              steps from -1 to 1, none of them 0            Zhou et al. 2016, section 2.3 (arXiv 1606.06160)
///   symmetric  s clip(round(w / s), -n, n), n = 2^(k-1) - 1, s = max|w| / n: fixed point with as many steps below 0 as above
///   ternary    s sign(w) where |w| > 0.7 mean|w|, else 0; s = mean of |w| there       Li, Liu 2016, section 2 (arXiv 1605.04711)
///   sign       mean|w_k| sign(w), a scale for each unit      Rastegari et al. 2016, section 3.1 (arXiv 1603.05279)
///
/// sign(0) = 1; halves are rounded to even. Maxima, means and scales count as constants in the gradient.
enum class WeightRule { none, dorefa, symmetric, ternary, sign };

/// The straight-through estimator: what stands for the derivative of rounding and of sign. Bengio et al. 2013 (arXiv 1308.3432).
enum class Gate {
  identity,   ///< 1
  hard_tanh,  ///< 1 where |x| <= 1, else 0
  tanh,       ///< 1 - tanh(x)^2
};

struct WeightQuantiser {
  WeightRule rule = WeightRule::none;
  int bits = 8;  ///< k; ternary and sign have their own
  Gate gate = Gate::identity;

  /// Bits that a weight takes in memory: 32 without a rule, 2 and 1 for ternary and sign.
  int stored_bits() const;
};

const std::vector<std::string_view>& weight_rule_names();
std::string_view name_of(WeightRule rule);
/// Throws InputError listing the names.
WeightRule weight_rule(std::string_view name);
std::string_view name_of(Gate gate);
/// Throws InputError listing the names.
Gate gate_named(std::string_view name);

/// The gate's value at x.
float gate_at(Gate gate, float x);

/// f for [units, count / units] weights. Throws InputError for bits outside 1 to 16, or of 1 for `symmetric`, which has no step then.
std::unique_ptr<const WeightMap> weight_map(const WeightQuantiser& quantiser, std::int64_t units, std::int64_t count);

}  // namespace reprise::layers
