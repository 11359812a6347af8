#pragma once
// Matrix products of a block of a dense layer's output features with a whole batch, on one thread.
//
// Legend: N samples, D input features, K output features of the layer, R those of the block.
//   input [N, D], output [N, K] of which the block's columns are read or written, weight [R, D] and bias [R] of the block, float32.
//
// The products are our own (vector/panel_product.hpp), because they take weights as they lie. In a format of oneDNN weights are packed
// twice a step, and their gradient unpacked, which moves three times the memory; here what has to be turned around is so in the first-level
// cache, just before its product.

#include <cstddef>
#include <cstdint>
#include <functional>

#include "suite/tensor/shape.hpp"

namespace reprise::kernels {

/// Immutable after construction; calls are thread-safe.
class BlockProduct {
 public:
  BlockProduct(std::int64_t samples, std::int64_t in_features, std::int64_t out_features, std::int64_t max_rows, Precision precision);

  std::size_t scratch_bytes() const;
  /// `output` points at the block's first column; bias may be null.
  void forward(const void* input, const float* weight, const float* bias, std::int64_t rows, void* output, std::byte* scratch) const;

  using RowsDone = std::function<void(std::int64_t first_row, std::int64_t rows, const float* gradient)>;
  /// First partial [N, D] = grad_output · weight, unless it is null. Then, unless rows_done is empty, every row of the weight's gradient
  /// goes to rows_done, a few at a time while they are in cache; it may change these rows of the weight. `grad_output` points at the
  /// block's first column. grad_bias (null without one) is overwritten if there is rows_done. `state` [R, D], if not null, is what
  /// rows_done reads besides the weight; the products fetch both ahead.
  void backward(const void* input, const void* grad_output, const float* weight, std::int64_t rows, float* partial, float* grad_bias,
                const RowsDone& rows_done, const float* state, std::byte* scratch) const;

 private:
  template <class T>
  void forward_of(const T* input, const float* weight, const float* bias, std::int64_t rows, T* output, float* scratch) const;
  template <class T>
  void backward_of(const T* input, const T* grad_output, const float* weight, std::int64_t rows, float* partial, float* grad_bias,
                   const RowsDone& rows_done, const float* state, float* scratch) const;
  void input_gradient(const float* gradients, std::int64_t row, const float* weight, std::int64_t rows, float* partial,
                      float* scratch) const;
  template <class T>
  void weight_gradient(const T* input, const T* grad_output, const float* gradients, const float* weight, std::int64_t rows,
                       const RowsDone& rows_done, const float* state, float* scratch) const;
  /// What a sum over n values takes.
  std::int64_t words(std::int64_t n) const { return (n + values_ - 1) / values_; }

  std::int64_t samples_, in_features_, out_features_, max_rows_;
  Precision precision_;
  /// Products run over words of 32 bits: one value of float32 (bfloat16 is widened), or two of bfloat16 where the CPU multiplies them.
  std::int64_t values_;
};

}  // namespace reprise::kernels
