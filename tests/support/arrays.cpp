#include "tests/support/arrays.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

#include "suite/random/random.hpp"

namespace reprise::tests {

Doubles random_numbers(std::uint64_t seed, std::int64_t count) {
  random::Generator generator({seed, random::Purpose::synthetic, 0, 0, 0});
  Doubles values(static_cast<std::size_t>(count));
  for (double& value : values) value = static_cast<double>(value_of(nearest_bf16(generator.next_normal())));
  return values;
}

Doubles distinct_numbers(std::uint64_t seed, std::int64_t count) {
  const std::vector<std::int64_t> order = random::permutation(seed, random::Purpose::synthetic, 1, count);
  Doubles values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = (static_cast<double>(order[i] - count / 2) + 0.5) / 64;
  return values;
}

float nearest_float(double value) {
  return static_cast<float>(value);
}

kernels::bf16 nearest_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return 0x7FC0;
  const std::uint32_t below = bits >> 16, rest = bits & 0xFFFF;
  const bool up = rest > 0x8000 || (rest == 0x8000 && (below & 1) != 0);
  return static_cast<kernels::bf16>(below + (up ? 1 : 0));
}

float value_of(float stored) {
  return stored;
}
float value_of(kernels::bf16 stored) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(stored) << 16);
}

template <>
std::vector<float> stored<float>(const Doubles& values) {
  return std::vector<float>(values.begin(), values.end());
}
template <>
std::vector<kernels::bf16> stored<kernels::bf16>(const Doubles& values) {
  std::vector<kernels::bf16> result;
  for (const double value : values) result.push_back(nearest_bf16(static_cast<float>(value)));
  return result;
}

template <class T>
Doubles read_back(const T* values, std::int64_t count) {
  Doubles result;
  for (std::int64_t i = 0; i < count; ++i) result.push_back(static_cast<double>(value_of(values[i])));
  return result;
}
template Doubles read_back<float>(const float*, std::int64_t);
template Doubles read_back<kernels::bf16>(const kernels::bf16*, std::int64_t);

std::vector<std::byte> stored_bytes(const Doubles& values, Precision precision) {
  std::vector<std::byte> bytes(values.size() * bytes_of(precision));
  if (precision == Precision::f32)
    std::memcpy(bytes.data(), stored<float>(values).data(), bytes.size());
  else
    std::memcpy(bytes.data(), stored<kernels::bf16>(values).data(), bytes.size());
  return bytes;
}

Doubles read_bytes(const std::byte* bytes, std::int64_t count, Precision precision) {
  return precision == Precision::f32 ? read_back(reinterpret_cast<const float*>(bytes), count)
                                     : read_back(reinterpret_cast<const kernels::bf16*>(bytes), count);
}

double largest_magnitude(const Doubles& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

Difference difference(const Doubles& actual, const Doubles& expected, double roundings, double unit_roundoff, double magnitude) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (actual.size() != expected.size())
    return {infinity, "sizes " + std::to_string(actual.size()) + " and " + std::to_string(expected.size())};
  const double tolerance = roundings * unit_roundoff * std::max(largest_magnitude(expected), magnitude);
  Difference worst;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    double ratio = 0;
    if (std::isnan(actual[i]) || std::isnan(expected[i]))
      ratio = std::isnan(actual[i]) == std::isnan(expected[i]) ? 0 : infinity;
    else if (actual[i] != expected[i])
      ratio = std::abs(actual[i] - expected[i]) / tolerance;
    if (ratio <= worst.ratio) continue;
    char text[128];
    std::snprintf(text, sizeof text, "[%zu]: %.9g, expected %.9g, tolerance %.3g", i, actual[i], expected[i], tolerance);
    worst = {ratio, text};
  }
  return worst;
}

}  // namespace reprise::tests
