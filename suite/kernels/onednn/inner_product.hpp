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
  virtual void pack(const float* weight, std::byte* packed) const = 0;
  virtual void forward(const void* input, const std::byte* packed, const float* bias, void* output, std::byte* scratch) const = 0;
  virtual void backward_input(const void* grad_output, const std::byte* packed, void* grad_input, std::byte* scratch) const = 0;
  /// Overwrites grad_bias, which is null without bias.
  virtual void backward_weight(const void* input, const void* grad_output, float* grad_weight, float* grad_bias,
                               std::byte* scratch) const = 0;
};

std::unique_ptr<InnerProduct> make_inner_product(const InnerProductShape& shape, Precision precision, bool has_bias, bool wants_grad_input);

}  // namespace reprise::kernels
