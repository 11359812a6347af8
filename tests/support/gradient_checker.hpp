#pragma once
// Checks a layer against a reference in double: values, gradients by formula, gradients by central differences.

#include <functional>

#include "tests/support/layer_runner.hpp"
#include "tests/support/tolerances.hpp"

namespace reprise::tests {

/// What is right for one layer, over the whole global batch at once.
struct Reference {
  /// Output of the valid samples (or of all rows).
  std::function<Doubles(const LayerValues&)> forward;
  /// Gradients of every input (all rows, padding zero) and trained parameter.
  std::function<LayerResult(const LayerValues&, const Doubles& grad_output)> backward;
  /// Added to the objective besides the output; empty: nothing.
  std::function<double(const LayerValues&)> penalty;
};

/// Reference of one sample's function: f(input 0 of the sample) -> output of the sample.
std::function<Doubles(const LayerValues&)> sample_by_sample(const LayerCase& layer_case, std::function<Doubles(const Doubles&)> f);
/// f(input 0 of the sample, its grad_output) -> grad_input of the sample.
std::function<LayerResult(const LayerValues&, const Doubles&)> sample_by_sample_back(
    const LayerCase& layer_case, std::function<Doubles(const Doubles&, const Doubles&)> f);

/// Roundings allowed in values and gradients; see tolerances.hpp.
struct Roundings {
  double output = kElementwise;
  double gradient = kElementwise;
  double stored_gradient = 1;  ///< times an input's gradient is rounded to storage on its way
};

/// PreparedLayer against reference.forward and reference.backward on random numbers.
Difference against_reference(const LayerCase& layer_case, const Reference& reference, const Roundings& roundings, std::uint64_t seed = 11);

/// PreparedLayer's gradients (all inputs and trained parameters) against central differences of reference.forward in double, for the
/// objective sum of r * output over valid samples, r random, plus the penalty. Float32 cases only.
Difference against_differences(const LayerCase& layer_case, const Reference& reference, const Roundings& roundings,
                               std::uint64_t seed = 12);

/// The larger of two.
const Difference& worse(const Difference& a, const Difference& b);

}  // namespace reprise::tests

#define EXPECT_WITHIN_TOLERANCE(call)                                \
  do {                                                               \
    const ::reprise::tests::Difference worst_difference = call;      \
    EXPECT_LE(worst_difference.ratio, 1.0) << worst_difference.text; \
  } while (false)
