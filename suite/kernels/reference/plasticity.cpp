#include "suite/kernels/reference/plasticity.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace reprise::kernels::reference {

namespace {

using Row = std::vector<double>;

/// f(row of the input) for every row of `channels`.
Row by_rows(const Row& input, std::int64_t channels, const std::function<Row(const Row&)>& f) {
  Row output;
  for (auto at = input.begin(); at != input.end(); at += channels) {
    const Row row = f(Row(at, at + channels));
    output.insert(output.end(), row.begin(), row.end());
  }
  return output;
}

/// f(row of the input, row of the gradient).
Row by_rows(const Row& input, const Row& gradient, std::int64_t channels, const std::function<Row(const Row&, const Row&)>& f) {
  auto at = gradient.begin();
  return by_rows(input, channels, [&](const Row& row) {
    const Row result = f(row, Row(at, at + channels));
    at += channels;
    return result;
  });
}

double mean_of(const Row& row) {
  return std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(row.size());
}

Row softmax_of(Row row, double gain) {
  const double largest = *std::max_element(row.begin(), row.end());
  for (double& x : row) x = std::exp(gain * (x - largest));
  const double sum = std::accumulate(row.begin(), row.end(), 0.0);
  for (double& x : row) x /= sum;
  return row;
}

}  // namespace

Row triangle(const Row& input, std::int64_t channels, double power) {
  return by_rows(input, channels, [&](Row row) {
    const double mean = mean_of(row);
    for (double& x : row) x = x > mean ? std::pow(x - mean, power) : 0.0;
    return row;
  });
}

Row triangle_grad(const Row& input, std::int64_t channels, double power, const Row& grad_output) {
  return by_rows(input, grad_output, channels, [&](const Row& row, Row grad) {
    const double mean = mean_of(row);
    for (std::size_t c = 0; c < row.size(); ++c) grad[c] *= row[c] > mean ? power * std::pow(row[c] - mean, power - 1) : 0.0;
    const double shared = mean_of(grad);
    for (double& g : grad) g -= shared;
    return grad;
  });
}

Row softmax(const Row& input, std::int64_t channels, double gain) {
  return by_rows(input, channels, [&](const Row& row) { return softmax_of(row, gain); });
}

Row softmax_grad(const Row& input, std::int64_t channels, double gain, const Row& grad_output) {
  return by_rows(input, grad_output, channels, [&](const Row& row, Row grad) {
    const Row y = softmax_of(row, gain);
    const double product = std::inner_product(y.begin(), y.end(), grad.begin(), 0.0);
    for (std::size_t c = 0; c < y.size(); ++c) grad[c] = gain * y[c] * (grad[c] - product);
    return grad;
  });
}

Row compete(const Row& input, std::int64_t channels, const Competition& terms) {
  return by_rows(input, channels, [&](const Row& row) {
    const auto winner = static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
    Row response = terms.soft ? softmax_of(row, static_cast<double>(terms.inverse_temperature)) : Row(row.size(), 0.0);
    if (!terms.soft) response[winner] = 1;
    for (std::size_t c = 0; c < row.size(); ++c)
      if (terms.soft && terms.losers_unlearn && c != winner) response[c] = -response[c];
    return response;
  });
}

Row plastic_update(const Row& patches, const Row& u, const Row& response, const Row& weight, std::int64_t neurons,
                   const PlasticRate& rate) {
  const auto K = static_cast<std::size_t>(neurons), D = weight.size() / K, P = response.size() / K;
  Row change(weight.size(), 0.0), updated = weight;
  for (std::size_t k = 0; k < K; ++k)
    for (std::size_t p = 0; p < P; ++p)
      for (std::size_t d = 0; d < D; ++d)
        change[k * D + d] += response[p * K + k] * (patches[p * D + d] - u[p * K + k] * weight[k * D + d]);
  double largest = 0;
  for (const double c : change) largest = std::max(largest, std::abs(c));
  for (std::size_t k = 0; k < K; ++k) {
    double squares = 0;
    for (std::size_t d = 0; d < D; ++d) squares += weight[k * D + d] * weight[k * D + d];
    const double eta = rate.rate * std::pow(std::abs(std::sqrt(squares) - 1) + 1e-10, rate.exponent);
    for (std::size_t d = 0; d < D; ++d) updated[k * D + d] += eta * change[k * D + d] / (largest + 1e-30);
  }
  return updated;
}

}  // namespace reprise::kernels::reference
