#pragma once
// Prepared layers that are one function of each value: forward, and a gradient that reads the input or the output.

#include <utility>

#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

enum class GradientReads { input, output };

/// `Functions` maps the vector kernels of a storage type to a pair: (in, out, n) and (read, grad_output, grad_input, n).
template <class T, class Functions>
class PreparedElementwise : public PreparedLayer {
 public:
  PreparedElementwise(std::int64_t size, GradientReads reads, Functions functions)
      : size_(size), reads_(reads), functions_(functions(vector_of<T>())) {}

  void forward(const ForwardArgs& args) const override { functions_.first(typed<T>(args.inputs[0]), typed<T>(args.output), size_); }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    functions_.second(typed<T>(reads_ == GradientReads::input ? args.inputs[0] : args.output), typed<T>(args.grad_output),
                      typed<T>(args.grad_inputs[0]), size_);
  }

 private:
  std::int64_t size_;  // values of the shard
  GradientReads reads_;
  decltype(std::declval<Functions>()(vector_of<T>())) functions_;
};

template <class Functions>
std::unique_ptr<PreparedLayer> make_elementwise(const PrepareOptions& options, const SampleShape& shape, GradientReads reads,
                                                Functions functions) {
  const std::int64_t size = shape.size() * options.samples;
  if (options.precision == Precision::f32) return std::make_unique<PreparedElementwise<float, Functions>>(size, reads, functions);
  return std::make_unique<PreparedElementwise<kernels::bf16, Functions>>(size, reads, functions);
}

}  // namespace reprise::layers
