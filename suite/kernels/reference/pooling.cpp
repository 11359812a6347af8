#include "suite/kernels/reference/pooling.hpp"

#include <algorithm>
#include <cmath>

namespace reprise::kernels::reference {

namespace {

std::size_t at(std::int64_t index) {
  return static_cast<std::size_t>(index);
}

/// Input indices of the cells of one window and channel, in row order.
std::vector<std::size_t> cells(const WindowGeometry& g, std::int64_t p, std::int64_t q, std::int64_t c) {
  std::vector<std::size_t> result;
  for (std::int64_t r = 0; r < g.window_height; ++r)
    for (std::int64_t s = 0; s < g.window_width; ++s) {
      const std::int64_t h = p * g.stride - g.padding + r, w = q * g.stride - g.padding + s;
      if (h >= 0 && h < g.height && w >= 0 && w < g.width) result.push_back(at((h * g.width + w) * g.channels + c));
    }
  return result;
}

/// f(cells, output index, channel) for every output.
template <class F>
void for_each_output(const WindowGeometry& g, F f) {
  for (std::int64_t p = 0; p < g.out_height; ++p)
    for (std::int64_t q = 0; q < g.out_width; ++q)
      for (std::int64_t c = 0; c < g.channels; ++c) f(cells(g, p, q, c), at((p * g.out_width + q) * g.channels + c), at(c));
}

std::size_t input_size(const WindowGeometry& g) {
  return at(g.height * g.width * g.channels);
}
std::size_t output_size(const WindowGeometry& g) {
  return at(g.out_height * g.out_width * g.channels);
}

/// The first cell with the largest value.
std::size_t winner(const std::vector<double>& input, const std::vector<std::size_t>& window) {
  return *std::max_element(window.begin(), window.end(), [&](std::size_t a, std::size_t b) { return input[a] < input[b]; });
}

/// log(sum exp(x / t)) - log n.
double log_sum(const std::vector<double>& input, const std::vector<std::size_t>& window, double t, bool subtract_count) {
  const double largest = input[winner(input, window)];
  double sum = 0;
  for (const std::size_t i : window) sum += std::exp((input[i] - largest) / t);
  return largest / t + std::log(sum) - (subtract_count ? std::log(static_cast<double>(window.size())) : 0.0);
}

}  // namespace

std::vector<double> max_pool(const std::vector<double>& input, const WindowGeometry& g) {
  std::vector<double> output(output_size(g));
  for_each_output(g, [&](const auto& window, std::size_t y, std::size_t) { output[y] = input[winner(input, window)]; });
  return output;
}

std::vector<double> max_pool_grad(const std::vector<double>& input, const WindowGeometry& g, const std::vector<double>& grad_output) {
  std::vector<double> grad_input(input_size(g));
  for_each_output(g, [&](const auto& window, std::size_t y, std::size_t) { grad_input[winner(input, window)] += grad_output[y]; });
  return grad_input;
}

namespace {

/// By how much a window's sum is divided.
double divisor(const WindowGeometry& g, const std::vector<std::size_t>& window) {
  return static_cast<double>(g.counts_padding ? g.window_height * g.window_width : static_cast<std::int64_t>(window.size()));
}

}  // namespace

std::vector<double> average_pool(const std::vector<double>& input, const WindowGeometry& g) {
  std::vector<double> output(output_size(g));
  for_each_output(g, [&](const auto& window, std::size_t y, std::size_t) {
    for (const std::size_t i : window) output[y] += input[i] / divisor(g, window);
  });
  return output;
}

std::vector<double> average_pool_grad(const WindowGeometry& g, const std::vector<double>& grad_output) {
  std::vector<double> grad_input(input_size(g));
  for_each_output(g, [&](const auto& window, std::size_t y, std::size_t) {
    for (const std::size_t i : window) grad_input[i] += grad_output[y] / divisor(g, window);
  });
  return grad_input;
}

std::vector<double> log_avg_exp(const std::vector<double>& input, const WindowGeometry& g, const std::vector<double>& temperature,
                                bool subtract_count) {
  std::vector<double> output(output_size(g));
  for_each_output(g, [&](const auto& window, std::size_t y, std::size_t c) {
    output[y] = temperature[c] * log_sum(input, window, temperature[c], subtract_count);
  });
  return output;
}

LogAvgExpGradients log_avg_exp_grad(const std::vector<double>& input, const WindowGeometry& g, const std::vector<double>& temperature,
                                    bool subtract_count, const std::vector<double>& grad_output) {
  LogAvgExpGradients grads{std::vector<double>(input_size(g)), std::vector<double>(at(g.channels))};
  for_each_output(g, [&](const auto& window, std::size_t y, std::size_t c) {
    const double t = temperature[c], total = log_sum(input, window, t, false);
    double expected = 0;
    for (const std::size_t i : window) {
      const double p = std::exp(input[i] / t - total);
      grads.input[i] += p * grad_output[y];
      expected += p * input[i];
    }
    grads.tau[c] += grad_output[y] * (t * log_sum(input, window, t, subtract_count) - expected);
  });
  return grads;
}

}  // namespace reprise::kernels::reference
