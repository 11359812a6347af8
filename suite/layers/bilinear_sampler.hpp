#pragma once
// Reads an image at places between its pixels.

#include <cstddef>
#include <cstdint>

namespace reprise::layers {

/// One sample: image [height, width, channels], P places.
struct SamplerShape {
  std::int64_t height = 1, width = 1, channels = 1, positions = 1;
};

/// The two pixels around each place on one axis, `first` and `second` kept inside the image, and their shares in the value and in its
/// derivative: 0 for a pixel outside. Arrays of P.
struct AxisTaps {
  std::int32_t *first = nullptr, *second = nullptr;
  float *near_share = nullptr, *far_share = nullptr, *near_slope = nullptr, *far_slope = nullptr;
};

class BilinearSampler {
 public:
  explicit BilinearSampler(const SamplerShape& shape) : shape_(shape) {}
  std::size_t scratch_bytes() const;

  /// rows, columns [P]: places in pixels. Prepares `scratch` for what follows. A place that is not finite makes values that are NaN.
  void locate(const float* rows, const float* columns, std::byte* scratch) const;
  /// output [P, channels].
  void sample(const float* image, const std::byte* scratch, float* output) const;
  /// grad_output [P, channels] -> derivatives by the places, in pixels [P].
  void place_gradient(const float* image, const std::byte* scratch, const float* grad_output, float* grad_rows, float* grad_columns) const;
  /// grad_output -> grad_image [height, width, channels], overwritten.
  void image_gradient(const std::byte* scratch, const float* grad_output, float* grad_image) const;

 private:
  struct Taps {
    AxisTaps rows, columns;
  };
  Taps taps(std::byte* scratch) const;
  Taps taps(const std::byte* scratch) const { return taps(const_cast<std::byte*>(scratch)); }

  SamplerShape shape_;
};

}  // namespace reprise::layers
