#include "suite/kernels/reference/response_norm.hpp"

#include <cmath>

namespace reprise::kernels::reference {

namespace {

std::size_t at(std::int64_t index) {
  return static_cast<std::size_t>(index);
}

/// f(row begins here, channel, channel of its window).
template <class F>
void for_each_pair(const ResponseNorm& norm, std::size_t count, F f) {
  for (std::int64_t row = 0; row < static_cast<std::int64_t>(count); row += norm.channels)
    for (std::int64_t i = 0; i < norm.channels; ++i)
      for (std::int64_t j = 0; j < norm.channels; ++j)
        if (std::abs(i - j) <= norm.reach) f(row + i, row + j);
}

std::vector<double> divisors(const ResponseNorm& norm, const std::vector<double>& input) {
  std::vector<double> result(input.size(), norm.offset);
  for_each_pair(norm, input.size(), [&](std::int64_t i, std::int64_t j) { result[at(i)] += norm.factor * input[at(j)] * input[at(j)]; });
  return result;
}

}  // namespace

std::vector<double> response_norm(const ResponseNorm& norm, const std::vector<double>& input) {
  std::vector<double> output = divisors(norm, input);
  for (std::size_t i = 0; i < input.size(); ++i) output[i] = input[i] * std::pow(output[i], -norm.exponent);
  return output;
}

std::vector<double> response_norm_grad(const ResponseNorm& norm, const std::vector<double>& input, const std::vector<double>& grad_output) {
  const std::vector<double> divisor = divisors(norm, input);
  std::vector<double> grad(input.size());
  for (std::size_t i = 0; i < input.size(); ++i) grad[i] = grad_output[i] * std::pow(divisor[i], -norm.exponent);
  for_each_pair(norm, input.size(), [&](std::int64_t i, std::int64_t j) {
    grad[at(j)] -=
        grad_output[at(i)] * input[at(i)] * norm.exponent * std::pow(divisor[at(i)], -norm.exponent - 1) * 2 * norm.factor * input[at(j)];
  });
  return grad;
}

}  // namespace reprise::kernels::reference
