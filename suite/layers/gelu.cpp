#include "suite/layers/gelu.hpp"

#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

template <class T>
class GeluKernel : public Kernel {
 public:
  explicit GeluKernel(std::int64_t size) : size_(size) {}

  void forward(const ForwardArgs& args) const override { vector_of<T>().gelu(typed<T>(args.inputs[0]), typed<T>(args.output), size_); }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    vector_of<T>().gelu_grad(typed<T>(args.inputs[0]), typed<T>(args.grad_output), typed<T>(args.grad_inputs[0]), size_);
  }

 private:
  std::int64_t size_;  // values of the shard
};

}  // namespace

SampleShape Gelu::output_shape(std::span<const SampleShape> inputs) const {
  return only_input(kind(), inputs);
}

std::string Gelu::summary() const {
  return "gelu";
}

std::unique_ptr<Kernel> Gelu::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_kernel<GeluKernel>(options.precision, only_input(kind(), inputs).size() * options.samples);
}

}  // namespace reprise::layers
