#include "suite/layers/patch_whitening.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace reprise::layers {

namespace {

using Matrix = std::vector<double>;  // [D, D], row-major

/// Mean of patch patch^T; a patch in the order [C, filter_size, filter_size].
Matrix second_moments(std::span<const float> images, const SampleShape& shape, std::int64_t filter_size) {
  const std::int64_t D = shape.channels * filter_size * filter_size, image = shape.size(),
                     count = static_cast<std::int64_t>(images.size()) / image;
  Matrix sums(static_cast<std::size_t>(D * D));
  std::vector<double> patch(static_cast<std::size_t>(D));
  for (std::int64_t n = 0; n < count; ++n)
    for (std::int64_t y = 0; y + filter_size <= shape.height; ++y)
      for (std::int64_t x = 0; x + filter_size <= shape.width; ++x) {
        std::size_t d = 0;
        for (std::int64_t c = 0; c < shape.channels; ++c)
          for (std::int64_t r = 0; r < filter_size; ++r)
            for (std::int64_t s = 0; s < filter_size; ++s)
              patch[d++] =
                  static_cast<double>(images[static_cast<std::size_t>(n * image + ((y + r) * shape.width + x + s) * shape.channels + c)]);
        for (std::size_t i = 0; i < patch.size(); ++i)
          for (std::size_t j = 0; j <= i; ++j) sums[i * patch.size() + j] += patch[i] * patch[j];
      }
  const double patches = static_cast<double>(count * (shape.height - filter_size + 1) * (shape.width - filter_size + 1));
  for (std::size_t i = 0; i < patch.size(); ++i)
    for (std::size_t j = 0; j <= i; ++j) sums[j * patch.size() + i] = sums[i * patch.size() + j] = sums[i * patch.size() + j] / patches;
  return sums;
}

/// Makes `matrix` diagonal and gives the eigenvectors as columns.
Matrix diagonalise(Matrix& matrix, std::size_t D) {
  Matrix vectors(D * D);
  for (std::size_t i = 0; i < D; ++i) vectors[i * D + i] = 1;
  for (int sweep = 0; sweep < 60; ++sweep) {
    double off = 0, on = 0;
    for (std::size_t i = 0; i < D; ++i)
      for (std::size_t j = 0; j < D; ++j) (i == j ? on : off) += matrix[i * D + j] * matrix[i * D + j];
    if (off <= 1e-28 * on) break;
    for (std::size_t p = 0; p < D; ++p)
      for (std::size_t q = p + 1; q < D; ++q) {
        if (matrix[p * D + q] == 0) continue;
        const double theta = (matrix[q * D + q] - matrix[p * D + p]) / (2 * matrix[p * D + q]);
        const double t = std::copysign(1 / (std::abs(theta) + std::sqrt(theta * theta + 1)), theta);
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        const auto rotate = [&](double& a, double& b) {
          const double before = a;
          a = c * before - s * b;
          b = s * before + c * b;
        };
        for (std::size_t i = 0; i < D; ++i) rotate(matrix[i * D + p], matrix[i * D + q]);
        for (std::size_t i = 0; i < D; ++i) rotate(matrix[p * D + i], matrix[q * D + i]);
        for (std::size_t i = 0; i < D; ++i) rotate(vectors[i * D + p], vectors[i * D + q]);
      }
  }
  return vectors;
}

}  // namespace

std::vector<float> whitening_filters(std::span<const float> images, const SampleShape& shape, std::int64_t filter_size, double epsilon) {
  Matrix moments = second_moments(images, shape, filter_size);
  const auto D = static_cast<std::size_t>(shape.channels * filter_size * filter_size);
  const Matrix vectors = diagonalise(moments, D);
  std::vector<std::size_t> order(D);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return moments[a * D + a] > moments[b * D + b]; });
  std::vector<float> filters(2 * D * D);
  for (std::size_t k = 0; k < D; ++k) {
    double largest = 0;
    for (std::size_t d = 0; d < D; ++d)
      if (std::abs(vectors[d * D + order[k]]) > std::abs(largest)) largest = vectors[d * D + order[k]];
    const double factor = std::copysign(1 / std::sqrt(std::max(0.0, moments[order[k] * D + order[k]]) + epsilon), largest);
    for (std::size_t d = 0; d < D; ++d) {
      filters[k * D + d] = static_cast<float>(vectors[d * D + order[k]] * factor);
      filters[(D + k) * D + d] = -filters[k * D + d];
    }
  }
  return filters;
}

}  // namespace reprise::layers
