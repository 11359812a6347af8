#include "suite/layers/max_pool2d.hpp"

#include <fmt/format.h>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"
#include "suite/layers/pooling_windows.hpp"

namespace reprise::layers {

namespace {

PoolingWindows windows_of(const MaxPool2d::Options& options) {
  if (options.window < 1)
    throw InputError(Complaint{"max_pool2d window", "1 to 16", std::to_string(options.window), "change the model's options"});
  const PoolingWindows windows{"max_pool2d", options.window, options.stride, options.padding, options.ceil};
  windows.check();
  return windows;
}

template <class T>
class MaxPool2dKernel : public Kernel {
 public:
  MaxPool2dKernel(const kernels::WindowGeometry& geometry, int samples)
      : geometry_(geometry),
        samples_(samples),
        input_size_(geometry.height * geometry.width * geometry.channels),
        output_size_(geometry.out_height * geometry.out_width * geometry.channels) {}

  std::size_t saved_bytes() const override { return static_cast<std::size_t>(samples_ * output_size_); }
  std::size_t scratch_bytes() const override {
    return sizeof(T) == sizeof(float) || geometry_.disjoint() ? 0 : static_cast<std::size_t>(input_size_) * sizeof(float);
  }

  void forward(const ForwardArgs& args) const override {
    for (int n = 0; n < samples_; ++n)
      vector_of<T>().max_pool(typed<T>(args.inputs[0]) + n * input_size_, geometry_, typed<T>(args.output) + n * output_size_,
                              argmax(args.saved, n));
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    for (int n = 0; n < samples_; ++n) {
      T* grad_input = typed<T>(args.grad_inputs[0]) + n * input_size_;
      // Overlapping windows add in float32: in place when that is how gradients are stored.
      float* sums = reinterpret_cast<float*>(scratch_bytes() == 0 ? reinterpret_cast<std::byte*>(grad_input) : args.scratch);
      vector_of<T>().max_pool_grad(typed<T>(args.grad_output) + n * output_size_, argmax(args.saved, n), geometry_, grad_input, sums);
    }
  }

 private:
  /// Null when nothing is kept for a backward pass.
  std::uint8_t* argmax(std::byte* saved, int n) const {
    return saved == nullptr ? nullptr : reinterpret_cast<std::uint8_t*>(saved) + n * output_size_;
  }

  kernels::WindowGeometry geometry_;
  int samples_;
  std::int64_t input_size_, output_size_;  // values of one sample
};

}  // namespace

MaxPool2d::MaxPool2d(Options options) : options_(options) {
  windows_of(options_);
}

SampleShape MaxPool2d::output_shape(std::span<const SampleShape> inputs) const {
  return windows_of(options_).output_shape(inputs);
}

std::vector<Fact> MaxPool2d::facts() const {
  return windows_of(options_).facts();
}

std::unique_ptr<Kernel> MaxPool2d::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_kernel<MaxPool2dKernel>(options.precision, windows_of(options_).geometry(inputs), options.samples);
}

}  // namespace reprise::layers
