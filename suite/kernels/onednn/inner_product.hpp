#pragma once
// Matrix products of a dense layer on one thread through oneDNN.
//
// Legend: N samples, D input features, K output features.
//   input [N, D], output [N, K], plain weight [K, D] float32, bias [K] float32.
// Objects are immutable after construction; calls are thread-safe.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "suite/tensor/shape.hpp"

namespace reprise::kernels {

struct InnerProductShape {
  std::int64_t samples = 1;
  std::int64_t in_features = 1;
  std::int64_t out_features = 1;
};

class InnerProduct {
 public:
  virtual ~InnerProduct() = default;

  virtual std::size_t packed_bytes() const = 0;
  virtual std::size_t scratch_bytes() const = 0;
  void pack(const float* weight, std::byte* packed) const { pack_rows(weight, 0, all_rows(), packed); }
  virtual void forward(const void* input, const std::byte* packed, const float* bias, void* output, std::byte* scratch) const = 0;
  virtual void backward_input(const void* grad_output, const std::byte* packed, void* grad_input, std::byte* scratch) const = 0;
  void backward_weight(const void* input, const void* grad_output, float* grad_weight, float* grad_bias, std::byte* scratch) const {
    backward_weight_packed(input, grad_output, grad_bias, scratch);
    unpack_rows(scratch, 0, all_rows(), grad_weight);
  }
  // The same weight gradient a few rows at a time: it stays in the kernel's format in `scratch` until its rows are taken.
  /// Overwrites grad_bias (null without bias) and the first bytes of scratch.
  virtual void backward_weight_packed(const void* input, const void* grad_output, float* grad_bias, std::byte* scratch) const = 0;
  /// Rows that unpack_rows and pack_rows take at a time: a divisor of the number of rows, all of them if the format needs it.
  virtual std::int64_t row_unit() const = 0;
  /// rows [rows, D] of the gradient that backward_weight_packed left in scratch.
  virtual void unpack_rows(const std::byte* scratch, std::int64_t first_row, std::int64_t rows, float* gradient) const = 0;
  /// Packs rows of the plain weight [K, D] (whole matrix given).
  virtual void pack_rows(const float* weight, std::int64_t first_row, std::int64_t rows, std::byte* packed) const = 0;

 protected:
  virtual std::int64_t all_rows() const = 0;
};

/// `grad_input_type`: how backward_input stores its result (float32 where it is a share of a sum).
std::unique_ptr<InnerProduct> make_inner_product(const InnerProductShape& shape, Precision precision, bool has_bias, bool wants_grad_input,
                                                 Precision grad_input_type);

}  // namespace reprise::kernels
