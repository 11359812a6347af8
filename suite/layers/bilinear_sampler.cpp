#include "suite/layers/bilinear_sampler.hpp"

#include <algorithm>
#include <cmath>

namespace reprise::layers {

namespace {

/// places [n] on an axis of `size` pixels. `step`: values between neighbours, so that first and second are offsets.
void find_neighbours(const float* places, std::int64_t n, std::int64_t size, std::int64_t step, const AxisTaps& taps) {
  const auto last = static_cast<float>(size - 1);
  const auto last_pixel = static_cast<std::int32_t>(size - 1), stride = static_cast<std::int32_t>(step);
  for (std::int64_t i = 0; i < n; ++i) {
    // Places far outside stay outside, in whole numbers that do not overflow; one that is NaN is taken for far outside.
    const float above = places[i] > -2.0f ? places[i] : -2.0f, within = above < last + 2 ? above : last + 2;
    const float lower = std::floor(within), share = places[i] - lower;
    const auto pixel = static_cast<std::int32_t>(lower);
    const float has_near = lower >= 0 && lower <= last ? 1.0f : 0.0f, has_far = lower >= -1 && lower < last ? 1.0f : 0.0f;
    taps.first[i] = std::min(std::max(pixel, 0), last_pixel) * stride;
    taps.second[i] = std::min(std::max(pixel + 1, 0), last_pixel) * stride;
    taps.near_share[i] = (1 - share) * has_near;
    taps.far_share[i] = share * has_far;
    taps.near_slope[i] = -has_near;
    taps.far_slope[i] = has_far;
  }
}

}  // namespace

std::size_t BilinearSampler::scratch_bytes() const {
  return static_cast<std::size_t>(shape_.positions) * (4 * sizeof(std::int32_t) + 8 * sizeof(float));
}

BilinearSampler::Taps BilinearSampler::taps(std::byte* scratch) const {
  const std::int64_t n = shape_.positions;
  auto* offsets = reinterpret_cast<std::int32_t*>(scratch);
  auto* shares = reinterpret_cast<float*>(offsets + 4 * n);
  return {{offsets, offsets + n, shares, shares + n, shares + 2 * n, shares + 3 * n},
          {offsets + 2 * n, offsets + 3 * n, shares + 4 * n, shares + 5 * n, shares + 6 * n, shares + 7 * n}};
}

void BilinearSampler::locate(const float* rows, const float* columns, std::byte* scratch) const {
  const Taps t = taps(scratch);
  find_neighbours(rows, shape_.positions, shape_.height, shape_.width * shape_.channels, t.rows);
  find_neighbours(columns, shape_.positions, shape_.width, shape_.channels, t.columns);
}

void BilinearSampler::sample(const float* image, const std::byte* scratch, float* output) const {
  const auto [y, x] = taps(scratch);
  for (std::int64_t i = 0; i < shape_.positions; ++i) {
    const float *upper = image + y.first[i], *lower = image + y.second[i];
    const std::int32_t left = x.first[i], right = x.second[i];
    for (std::int64_t c = 0; c < shape_.channels; ++c)
      output[i * shape_.channels + c] = y.near_share[i] * (x.near_share[i] * upper[left + c] + x.far_share[i] * upper[right + c]) +
                                        y.far_share[i] * (x.near_share[i] * lower[left + c] + x.far_share[i] * lower[right + c]);
  }
}

void BilinearSampler::place_gradient(const float* image, const std::byte* scratch, const float* grad_output, float* grad_rows,
                                     float* grad_columns) const {
  const auto [y, x] = taps(scratch);
  for (std::int64_t i = 0; i < shape_.positions; ++i) {
    const float *upper = image + y.first[i], *lower = image + y.second[i];
    const std::int32_t left = x.first[i], right = x.second[i];
    float down = 0, across = 0;
    for (std::int64_t c = 0; c < shape_.channels; ++c) {
      const float gradient = grad_output[i * shape_.channels + c];
      const float a = upper[left + c], b = upper[right + c], p = lower[left + c], q = lower[right + c];
      across += gradient * (y.near_share[i] * (x.near_slope[i] * a + x.far_slope[i] * b) +
                            y.far_share[i] * (x.near_slope[i] * p + x.far_slope[i] * q));
      down += gradient *
              (y.near_slope[i] * (x.near_share[i] * a + x.far_share[i] * b) + y.far_slope[i] * (x.near_share[i] * p + x.far_share[i] * q));
    }
    grad_rows[i] = down, grad_columns[i] = across;
  }
}

void BilinearSampler::image_gradient(const std::byte* scratch, const float* grad_output, float* grad_image) const {
  const auto [y, x] = taps(scratch);
  std::fill_n(grad_image, shape_.height * shape_.width * shape_.channels, 0.0f);
  for (std::int64_t i = 0; i < shape_.positions; ++i)
    for (std::int64_t c = 0; c < shape_.channels; ++c) {
      const float upper = y.near_share[i] * grad_output[i * shape_.channels + c];
      const float lower = y.far_share[i] * grad_output[i * shape_.channels + c];
      grad_image[y.first[i] + x.first[i] + c] += upper * x.near_share[i];
      grad_image[y.first[i] + x.second[i] + c] += upper * x.far_share[i];
      grad_image[y.second[i] + x.first[i] + c] += lower * x.near_share[i];
      grad_image[y.second[i] + x.second[i] + c] += lower * x.far_share[i];
    }
}

}  // namespace reprise::layers
