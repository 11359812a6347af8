#include "suite/layers/average_pool2d.hpp"

#include <fmt/format.h>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"
#include "suite/layers/pooling_windows.hpp"

namespace reprise::layers {

namespace {

PoolingWindows windows_of(const AveragePool2d::Options& options) {
  if (options.window < 1)
    throw InputError(Complaint{"average_pool2d window", "1 to 16", std::to_string(options.window), "change the model's options"});
  const PoolingWindows windows{"average_pool2d", options.window, options.stride, options.padding, options.ceil};
  windows.check();
  return windows;
}

template <class T>
class AveragePool2dKernel : public Kernel {
 public:
  AveragePool2dKernel(const kernels::WindowGeometry& geometry, int samples)
      : geometry_(geometry),
        samples_(samples),
        input_size_(geometry.height * geometry.width * geometry.channels),
        output_size_(geometry.out_height * geometry.out_width * geometry.channels) {}

  std::size_t scratch_bytes() const override {
    return sizeof(T) == sizeof(float) || geometry_.disjoint() ? 0 : static_cast<std::size_t>(input_size_) * sizeof(float);
  }

  void forward(const ForwardArgs& args) const override {
    for (int n = 0; n < samples_; ++n)
      vector_of<T>().average_pool(typed<T>(args.inputs[0]) + n * input_size_, geometry_, typed<T>(args.output) + n * output_size_);
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    for (int n = 0; n < samples_; ++n) {
      T* grad_input = typed<T>(args.grad_inputs[0]) + n * input_size_;
      // Overlapping windows add in float32: in place when that is how gradients are stored.
      float* sums = reinterpret_cast<float*>(scratch_bytes() == 0 ? reinterpret_cast<std::byte*>(grad_input) : args.scratch);
      vector_of<T>().average_pool_grad(typed<T>(args.grad_output) + n * output_size_, geometry_, grad_input, sums);
    }
  }

 private:
  kernels::WindowGeometry geometry_;
  int samples_;
  std::int64_t input_size_, output_size_;  // values of one sample
};

}  // namespace

AveragePool2d::AveragePool2d(Options options) : options_(options) {
  windows_of(options_);
}

SampleShape AveragePool2d::output_shape(std::span<const SampleShape> inputs) const {
  return windows_of(options_).output_shape(inputs);
}

std::vector<Fact> AveragePool2d::facts() const {
  std::vector<Fact> facts = windows_of(options_).facts();
  facts.push_back({"counts_padding", options_.counts_padding, options_.counts_padding ? ", padding counted" : ""});
  return facts;
}

std::unique_ptr<Kernel> AveragePool2d::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  kernels::WindowGeometry geometry = windows_of(options_).geometry(inputs);
  geometry.counts_padding = options_.counts_padding;
  return make_kernel<AveragePool2dKernel>(options.precision, geometry, options.samples);
}

}  // namespace reprise::layers
