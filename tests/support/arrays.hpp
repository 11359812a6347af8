#pragma once
// Arrays of numbers for tests: made, stored in a precision, read back and compared.

#include <cstdint>
#include <string>
#include <vector>

#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/tensor/shape.hpp"

namespace reprise::tests {

using Doubles = std::vector<double>;

/// Standard normal numbers, each exactly representable in bfloat16, so that storing them loses nothing.
Doubles random_numbers(std::uint64_t seed, std::int64_t count);
/// The same numbers from a smooth set without ties: a shuffled grid of spacing 1/64 around zero, zero itself left out.
/// No two are equal, none is nearer to zero than 1/128: maxima and ReLU have no kink within a difference step.
Doubles distinct_numbers(std::uint64_t seed, std::int64_t count);

float nearest_float(double value);
/// Round to nearest even, one number at a time; independent of the vector kernels.
kernels::bf16 nearest_bf16(float value);
float value_of(float stored);
float value_of(kernels::bf16 stored);

template <class T>
std::vector<T> stored(const Doubles& values);
template <class T>
Doubles read_back(const T* values, std::int64_t count);

/// Bytes of the values in a precision, and back.
std::vector<std::byte> stored_bytes(const Doubles& values, Precision precision);
Doubles read_bytes(const std::byte* bytes, std::int64_t count, Precision precision);

double largest_magnitude(const Doubles& values);

/// The worst difference as a multiple of the tolerance, and where it is.
struct Difference {
  double ratio = 0;  ///< at most 1: within the tolerance. Infinite for different sizes or a NaN on one side.
  std::string text;  ///< "[17]: 0.25, expected 0.5, tolerance 1e-6"
};
/// Tolerance: roundings * roundoff * largest magnitude of `expected` (of `magnitude` if that is larger).
Difference difference(const Doubles& actual, const Doubles& expected, double roundings, double unit_roundoff, double magnitude = 0);

}  // namespace reprise::tests

#define EXPECT_NEAR_ARRAY(actual, expected, ...)                                               \
  do {                                                                                         \
    const auto worst_difference = ::reprise::tests::difference(actual, expected, __VA_ARGS__); \
    EXPECT_LE(worst_difference.ratio, 1.0) << worst_difference.text;                           \
  } while (false)
