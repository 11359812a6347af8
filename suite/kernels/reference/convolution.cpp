#include "suite/kernels/reference/convolution.hpp"

namespace reprise::kernels::reference {

namespace {

std::size_t at(std::int64_t index) {
  return static_cast<std::size_t>(index);
}

/// Input coordinate that a padded coordinate reads, or -1 for a zero.
std::int64_t source(std::int64_t coordinate, std::int64_t extent, bool reflect) {
  if (coordinate >= 0 && coordinate < extent) return coordinate;
  if (!reflect) return -1;
  return coordinate < 0 ? -coordinate : 2 * (extent - 1) - coordinate;
}

/// f(input index, weight index, output index) for every multiply-add.
template <class F>
void for_each_product(const ConvolutionShape& s, F f) {
  const std::int64_t C = s.channels / s.groups, K = s.filters / s.groups, R = s.filter_size, P = s.out_height(), Q = s.out_width();
  for (std::int64_t n = 0; n < s.samples; ++n)
    for (std::int64_t p = 0; p < P; ++p)
      for (std::int64_t q = 0; q < Q; ++q)
        for (std::int64_t k = 0; k < s.filters; ++k)
          for (std::int64_t r = 0; r < R; ++r)
            for (std::int64_t t = 0; t < R; ++t) {
              const std::int64_t h = source(p * s.stride + r - s.padding, s.height, s.reflect);
              const std::int64_t w = source(q * s.stride + t - s.padding, s.width, s.reflect);
              if (h < 0 || w < 0) continue;
              for (std::int64_t c = 0; c < C; ++c)
                f(at(((n * s.height + h) * s.width + w) * s.channels + k / K * C + c), at(((k * C + c) * R + r) * R + t),
                  at(((n * P + p) * Q + q) * s.filters + k));
            }
}

}  // namespace

std::vector<double> convolution(const ConvolutionShape& s, const std::vector<double>& input, const std::vector<double>& weight,
                                const std::vector<double>& bias) {
  std::vector<double> output(at(s.samples * s.out_height() * s.out_width() * s.filters));
  if (!bias.empty())
    for (std::size_t i = 0; i < output.size(); ++i) output[i] = bias[i % bias.size()];
  for_each_product(s, [&](std::size_t x, std::size_t w, std::size_t y) { output[y] += input[x] * weight[w]; });
  return output;
}

ProductGradients convolution_grad(const ConvolutionShape& s, const std::vector<double>& input, const std::vector<double>& weight,
                                  const std::vector<double>& grad_output) {
  ProductGradients grads{std::vector<double>(input.size()), std::vector<double>(weight.size()), std::vector<double>(at(s.filters))};
  for_each_product(s, [&](std::size_t x, std::size_t w, std::size_t y) {
    grads.input[x] += grad_output[y] * weight[w];
    grads.weight[w] += grad_output[y] * input[x];
  });
  for (std::size_t i = 0; i < grad_output.size(); ++i) grads.bias[i % grads.bias.size()] += grad_output[i];
  return grads;
}

namespace {

/// f(input index, weight index, output index) for every multiply-add.
template <class F>
void for_each_local_product(const ConvolutionShape& s, F f) {
  const std::int64_t C = s.channels, K = s.filters, R = s.filter_size, P = s.out_height(), Q = s.out_width();
  for (std::int64_t n = 0; n < s.samples; ++n)
    for (std::int64_t unit = 0; unit < P * Q * K; ++unit)
      for (std::int64_t i = 0; i < R * R * C; ++i) {
        const std::int64_t h = unit / K / Q * s.stride + i / C / R - s.padding, w = unit / K % Q * s.stride + i / C % R - s.padding;
        if (h < 0 || h >= s.height || w < 0 || w >= s.width) continue;
        f(at(((n * s.height + h) * s.width + w) * C + i % C), at(unit * R * R * C + i), at(n * P * Q * K + unit));
      }
}

}  // namespace

std::vector<double> locally_connected(const ConvolutionShape& s, const std::vector<double>& input, const std::vector<double>& weight,
                                      const std::vector<double>& bias) {
  std::vector<double> output;
  for (std::int64_t n = 0; n < s.samples; ++n) output.insert(output.end(), bias.begin(), bias.end());
  for_each_local_product(s, [&](std::size_t x, std::size_t w, std::size_t y) { output[y] += input[x] * weight[w]; });
  return output;
}

ProductGradients locally_connected_grad(const ConvolutionShape& s, const std::vector<double>& input, const std::vector<double>& weight,
                                        const std::vector<double>& grad_output) {
  ProductGradients grads{std::vector<double>(input.size()), std::vector<double>(weight.size()),
                         std::vector<double>(grad_output.size() / at(s.samples))};
  for_each_local_product(s, [&](std::size_t x, std::size_t w, std::size_t y) {
    grads.input[x] += grad_output[y] * weight[w];
    grads.weight[w] += grad_output[y] * input[x];
  });
  for (std::size_t i = 0; i < grad_output.size(); ++i) grads.bias[i % grads.bias.size()] += grad_output[i];
  return grads;
}

std::vector<double> dense(std::int64_t samples, std::int64_t in_features, std::int64_t out_features, const std::vector<double>& input,
                          const std::vector<double>& weight, const std::vector<double>& bias) {
  return convolution({.samples = samples, .channels = in_features, .filters = out_features}, input, weight, bias);
}

ProductGradients dense_grad(std::int64_t samples, std::int64_t in_features, std::int64_t out_features, const std::vector<double>& input,
                            const std::vector<double>& weight, const std::vector<double>& grad_output) {
  return convolution_grad({.samples = samples, .channels = in_features, .filters = out_features}, input, weight, grad_output);
}

}  // namespace reprise::kernels::reference
