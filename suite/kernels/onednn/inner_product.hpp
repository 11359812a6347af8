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
  /// `grad_input_type`: how backward_input stores its result (float32 where it is a share of a sum).
  InnerProduct(const InnerProductShape& shape, Precision precision, bool has_bias, bool wants_grad_input, Precision grad_input_type);
  ~InnerProduct();

  std::size_t packed_bytes() const;
  std::size_t scratch_bytes() const;
  void pack(const float* weight, std::byte* packed) const;
  void forward(const void* input, const std::byte* packed, const float* bias, void* output, std::byte* scratch) const;
  void backward_input(const void* grad_output, const std::byte* packed, void* grad_input, std::byte* scratch) const;
  void backward_weight(const void* input, const void* grad_output, float* grad_weight, float* grad_bias, std::byte* scratch) const;
  // The same weight gradient a few rows at a time: it stays in the kernel's format in `scratch` until its rows are taken.
  /// Overwrites grad_bias (null without bias) and the first bytes of scratch.
  void backward_weight_packed(const void* input, const void* grad_output, float* grad_bias, std::byte* scratch) const;
  /// Rows that unpack_rows and pack_rows take at a time: a divisor of the number of rows, all of them if the format needs it.
  std::int64_t row_unit() const;
  /// rows [rows, D] of the gradient that backward_weight_packed left in scratch.
  void unpack_rows(const std::byte* scratch, std::int64_t first_row, std::int64_t rows, float* gradient) const;
  /// Packs rows of the plain weight [K, D] (whole matrix given).
  void pack_rows(const float* weight, std::int64_t first_row, std::int64_t rows, std::byte* packed) const;
  const char* implementations() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reprise::kernels
