#include "suite/layers/momentum_chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "suite/errors.hpp"

namespace reprise::layers {

namespace {

constexpr double kScale = 1099511627776.0;  // 2^40
constexpr double kMost = 4194304.0;         // 2^22: two of these, scaled, have a sum in 64 bits

/// 0 for what a whole number of 64 bits cannot hold; ExactChain::holds says so.
std::int64_t fixed(double value) {
  return std::abs(value) < kMost ? std::llrint(value * kScale) : 0;
}

std::int64_t push(double share, float f) {
  return fixed(share * static_cast<double>(f));
}

/// value = quotient * divisor + the remainder returned, 0 <= remainder < divisor.
std::uint64_t split(std::int64_t& value, std::uint64_t divisor) {
  const auto d = static_cast<std::int64_t>(divisor);
  std::int64_t remainder = value % d;
  if (remainder < 0) remainder += d;
  value = (value - remainder) / d;
  return static_cast<std::uint64_t>(remainder);
}

}  // namespace

Momentum::Momentum(double gamma) {
  constexpr double kParts = 1000;
  const auto parts = std::llrint(gamma * kParts);
  if (!(parts > 0 && parts < static_cast<long long>(kParts)))
    throw InputError(
        Complaint{"momentum of a capsule stack", "a number from 0.001 to 0.999, in thousandths", fmt::format("{}", gamma), "0.9 is usual"});
  const auto divisor = static_cast<std::uint64_t>(std::gcd(parts, static_cast<long long>(kParts)));
  numerator = static_cast<std::uint64_t>(parts) / divisor;
  denominator = static_cast<std::uint64_t>(kParts) / divisor;
}

std::int64_t Momentum::exact_steps() const {
  const double lost = -std::log2(value()), held = 63 - 2 * std::log2(static_cast<double>(denominator));
  return static_cast<std::int64_t>(held / lost);
}

void FloatChain::forward(const Momentum& gamma, const float* f, std::int64_t count, Number* x, Number* v, std::uint64_t*) {
  const auto keep = static_cast<float>(gamma.value()), share = static_cast<float>(1 - gamma.value());
  for (std::int64_t i = 0; i < count; ++i) {
    v[i] = keep * v[i] + share * f[i];
    x[i] += v[i];
  }
}

void FloatChain::back(const Momentum& gamma, const float* f, std::int64_t count, Number* v, std::uint64_t*) {
  const auto keep = static_cast<float>(gamma.value()), share = static_cast<float>(1 - gamma.value());
  for (std::int64_t i = 0; i < count; ++i) v[i] = (v[i] - share * f[i]) / keep;
}

void FloatChain::subtract(Number* x, const Number* v, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) x[i] -= v[i];
}

bool ExactChain::holds(const float* values, std::int64_t count) {
  return std::all_of(values, values + count, [](float value) { return std::abs(static_cast<double>(value)) < kMost; });
}

void ExactChain::start(const float* input, std::int64_t count, Number* x) {
  for (std::int64_t i = 0; i < count; ++i) x[i] = fixed(static_cast<double>(input[i]));
}

void ExactChain::as_floats(const Number* x, std::int64_t count, float* output) {
  for (std::int64_t i = 0; i < count; ++i) output[i] = static_cast<float>(static_cast<double>(x[i]) / kScale);
}

void ExactChain::forward(const Momentum& gamma, const float* f, std::int64_t count, Number* x, Number* v, std::uint64_t* remainders) {
  const double share = 1 - gamma.value();
  const std::uint64_t p = gamma.numerator, q = gamma.denominator;
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint64_t& digits = remainders[i];
    digits = digits * q + split(v[i], q);
    v[i] = v[i] * static_cast<std::int64_t>(p) + static_cast<std::int64_t>(digits % p);
    digits /= p;
    v[i] += push(share, f[i]);
    x[i] += v[i];
  }
}

void ExactChain::back(const Momentum& gamma, const float* f, std::int64_t count, Number* v, std::uint64_t* remainders) {
  const double share = 1 - gamma.value();
  const std::uint64_t p = gamma.numerator, q = gamma.denominator;
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint64_t& digits = remainders[i];
    v[i] -= push(share, f[i]);
    digits = digits * p + split(v[i], p);
    v[i] = v[i] * static_cast<std::int64_t>(q) + static_cast<std::int64_t>(digits % q);
    digits /= q;
  }
}

void ExactChain::subtract(Number* x, const Number* v, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) x[i] -= v[i];
}

}  // namespace reprise::layers
