#include "suite/kernels/plain_gradient_convolution.hpp"

#include <algorithm>

#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::kernels {

constexpr std::int64_t kLanes = 16;

std::int64_t PlainGradientConvolution::row_unit() const {
  return shape_.filters % kLanes == 0 ? kLanes : shape_.filters;
}

void PlainGradientConvolution::unpack_rows(const float* packed_gradient, std::int64_t unit, float* gradient) const {
  const std::int64_t floats = weights() / shape_.filters * row_unit();
  std::copy_n(packed_gradient + unit * floats, floats, gradient);
}

void PlainGradientConvolution::sum_bias(const void* grad_output, float* grad_bias, std::byte* scratch) const {
  if (!has_bias_) return;
  const std::int64_t places = shape_.samples * shape_.out_height() * shape_.out_width(), filters = shape_.filters;
  if (precision_ == Precision::f32)
    return vector_kernels().f32.column_sum(static_cast<const float*>(grad_output), places, filters, 1.0F, grad_bias);
  auto* sum = reinterpret_cast<double*>(scratch);
  vector_kernels().b16.sums(static_cast<const bf16*>(grad_output), places, filters, sum, sum + filters);
  std::copy_n(sum, filters, grad_bias);
}

}  // namespace reprise::kernels
