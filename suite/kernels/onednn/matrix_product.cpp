#include "suite/kernels/onednn/matrix_product.hpp"

#include <dnnl.h>

#include <cstring>

#include "suite/errors.hpp"
#include "suite/kernels/onednn/adapter.hpp"
#include "suite/kernels/onednn/widening.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"

namespace reprise::kernels::onednn {

namespace {

/// Rows a multiple of 1 KiB apart share a few cache sets; one cache line more spreads them.
constexpr std::int64_t kCrowdedFloats = 256, kSpreadFloats = 16;
std::int64_t spread(std::int64_t columns) {
  return columns % kCrowdedFloats == 0 ? columns + kSpreadFloats : columns;
}

/// Row-major C [m, n] = A B + beta C, A and B transposed as said.
void multiply(char transpose_a, char transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a, std::int64_t row_a,
              const float* b, std::int64_t row_b, float beta, float* c, std::int64_t row_c) {
  stream();  // holds this thread to one OpenMP thread
  if (dnnl_sgemm(transpose_a, transpose_b, m, n, k, 1.0F, a, row_a, b, row_b, beta, c, row_c) != dnnl_success)
    throw RunError(Complaint{"matrix product", "success of dnnl_sgemm", "an error", "Report the shapes of this net"});
}

class MatrixProduct final : public InnerProduct {
 public:
  MatrixProduct(const InnerProductShape& shape, Precision precision, bool has_bias)
      : shape_(shape), precision_(precision), has_bias_(has_bias), wide_(precision, true), row_(spread(shape.in_features)) {}

  std::size_t packed_bytes() const override { return matrix_bytes(shape_.out_features); }
  std::size_t scratch_bytes() const override { return gradient_bytes() + input_bytes() + wide_.bytes(outputs()); }

  void pack(const float* weight, std::byte* packed) const override {
    const auto [n, d, k] = shape_;
    float* to = reinterpret_cast<float*>(packed);
    if (!wide_.on()) return copy_rows(weight, d, to, row_, k);
    for (std::int64_t r = 0; r < k; ++r) wide_.round_weights(weight + r * d, d, to + r * row_);
  }

  void forward(const void* input, const std::byte* packed, const float* bias, void* output, std::byte* scratch) const override {
    const auto [n, d, k] = shape_;
    const auto* x = static_cast<const float*>(wide_.read(input, n * d, room_of_input(scratch)));
    auto* y = static_cast<float*>(wide_.target(output, room_of_output(scratch)));
    if (has_bias_)
      for (std::int64_t i = 0; i < n; ++i) std::memcpy(y + i * k, bias, static_cast<std::size_t>(k) * sizeof(float));
    multiply('N', 'T', n, k, d, x, d, reinterpret_cast<const float*>(packed), row_, has_bias_ ? 1.0F : 0.0F, y, k);
    wide_.write(room_of_output(scratch), output, n * k);
  }

  void backward_input(const void* grad_output, const std::byte* packed, void* grad_input, std::byte* scratch) const override {
    const auto [n, d, k] = shape_;
    const auto* g = static_cast<const float*>(wide_.read(grad_output, n * k, room_of_output(scratch)));
    auto* to = static_cast<float*>(wide_.target(grad_input, room_of_input(scratch)));
    multiply('N', 'N', n, d, k, g, k, reinterpret_cast<const float*>(packed), row_, 0.0F, to, d);
    wide_.write(room_of_input(scratch), grad_input, n * d);
  }

  void backward_weight(const void* input, const void* grad_output, float* grad_weight, float* grad_bias,
                       std::byte* scratch) const override {
    const auto [n, d, k] = shape_;
    const auto* g = static_cast<const float*>(wide_.read(grad_output, n * k, room_of_output(scratch)));
    const float* x = spread_input(input, scratch);
    auto* gradient = reinterpret_cast<float*>(scratch);
    multiply('T', 'N', k, d, n, g, k, x, row_, 0.0F, gradient, row_);
    copy_rows(gradient, row_, grad_weight, d, k);
    if (has_bias_) vector_kernels().of<float>().column_sum(g, n, k, 1.0F, grad_bias);
  }

 private:
  // Scratch: weight gradient [K, row], input [N, row], output [N, K] where it is widened.
  std::int64_t outputs() const { return shape_.samples * shape_.out_features; }
  std::size_t matrix_bytes(std::int64_t rows) const { return aligned(static_cast<std::size_t>(rows * row_) * sizeof(float)); }
  std::size_t gradient_bytes() const { return matrix_bytes(shape_.out_features); }
  std::size_t input_bytes() const { return matrix_bytes(shape_.samples); }
  std::byte* room_of_input(std::byte* scratch) const { return scratch + gradient_bytes(); }
  std::byte* room_of_output(std::byte* scratch) const { return room_of_input(scratch) + input_bytes(); }

  void copy_rows(const float* from, std::int64_t row_from, float* to, std::int64_t row_to, std::int64_t rows) const {
    if (row_from == row_to)
      std::memcpy(to, from, static_cast<std::size_t>(rows * row_to) * sizeof(float));
    else
      for (std::int64_t r = 0; r < rows; ++r)
        std::memcpy(to + r * row_to, from + r * row_from, static_cast<std::size_t>(shape_.in_features) * sizeof(float));
  }

  /// The input as float32 rows `row_` apart.
  const float* spread_input(const void* input, std::byte* scratch) const {
    const std::int64_t n = shape_.samples, d = shape_.in_features;
    auto* room = reinterpret_cast<float*>(room_of_input(scratch));
    if (row_ == d) return static_cast<const float*>(wide_.read(input, n * d, room_of_input(scratch)));
    for (std::int64_t i = 0; i < n; ++i) {
      auto* row = reinterpret_cast<std::byte*>(room + i * row_);
      const void* values =
          wide_.read(static_cast<const std::byte*>(input) + static_cast<std::size_t>(i * d) * bytes_of(precision_), d, row);
      if (values != row) std::memcpy(row, values, static_cast<std::size_t>(d) * sizeof(float));
    }
    return room;
  }

  InnerProductShape shape_;
  Precision precision_;
  bool has_bias_;
  Widening wide_;
  std::int64_t row_;
};

}  // namespace

std::unique_ptr<InnerProduct> make_matrix_product(const InnerProductShape& shape, Precision precision, bool has_bias) {
  return std::make_unique<MatrixProduct>(shape, precision, has_bias);
}

}  // namespace reprise::kernels::onednn
