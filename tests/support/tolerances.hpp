#pragma once
// Tolerances from named factors. A result may differ from the reference by
//   roundings * unit roundoff * largest magnitude of the array,
// where `roundings` counts the roundings that one number goes through on the longest path to the result. Arithmetic is float32
// whatever the storage; storing in bfloat16 adds one rounding of its own.

#include "suite/tensor/shape.hpp"

namespace reprise::tests {

inline constexpr double kRoundoffF32 = 0x1p-24;  ///< 24 significant bits
inline constexpr double kRoundoffBf16 = 0x1p-8;  ///< 8 significant bits

constexpr double roundoff(Precision precision) {
  return precision == Precision::f32 ? kRoundoffF32 : kRoundoffBf16;
}
/// Relative tolerance of `roundings` in float32 and `storings` in the storage precision.
constexpr double tolerance(double roundings, Precision precision, double storings = 1) {
  return roundings * kRoundoffF32 + (precision == Precision::bf16 ? storings * kRoundoffBf16 : 0.0);
}

/// One operation and the rounding to storage.
inline constexpr double kElementwise = 4;
/// exp, log or tanh by polynomial (2 ulp), a division and a few operations around it.
inline constexpr double kTranscendental = 16;
/// A sum of n terms in any order; the constant covers the terms' own roundings.
constexpr double sum_of(double n) {
  return 4 + n;
}

/// Central differences in double with step h: truncation h^2 and cancellation 2^-52 / h meet near h = 1e-5, at 1e-10 relative
/// for functions whose third derivatives are of order one; 1e-6 leaves room for windows and temperatures down to 0.05.
inline constexpr double kDifferenceStep = 1e-5, kDifferenceError = 1e-6;

}  // namespace reprise::tests
