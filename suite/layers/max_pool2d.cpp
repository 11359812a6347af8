#include "suite/layers/max_pool2d.hpp"

#include "suite/layers/layer_checks.hpp"
#include "suite/layers/pooling_windows.hpp"

namespace reprise::layers {

namespace {

PoolingWindows windows_of(const MaxPool2d::Options& o) {
  return {"max_pool2d", o.window, o.stride, o.padding, o.ceil};
}

template <class T>
class PreparedMaxPool2d : public PreparedWindow {
 public:
  PreparedMaxPool2d(const kernels::WindowGeometry& geometry, int samples) : PreparedWindow(geometry, samples, sizeof(T)) {}

  std::size_t saved_bytes() const override { return static_cast<std::size_t>(samples_ * output_size_); }

  void forward(const ForwardArgs& args) const override {
    for (int n = 0; n < samples_; ++n)
      vector_of<T>().max_pool(typed<T>(args.inputs[0]) + n * input_size_, geometry_, typed<T>(args.output) + n * output_size_,
                              argmax(args.saved, n));
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    for (int n = 0; n < samples_; ++n) {
      T* grad_input = typed<T>(args.grad_inputs[0]) + n * input_size_;
      vector_of<T>().max_pool_grad(typed<T>(args.grad_output) + n * output_size_, argmax(args.saved, n), geometry_, grad_input,
                                   sums(grad_input, args.scratch));
    }
  }

 private:
  /// Null when nothing is kept for a backward pass.
  std::uint8_t* argmax(std::byte* saved, int n) const {
    return saved == nullptr ? nullptr : reinterpret_cast<std::uint8_t*>(saved) + n * output_size_;
  }
};

}  // namespace

MaxPool2d::MaxPool2d(Options options) : options_(options) {
  windows_of(options_).check(1);
}

SampleShape MaxPool2d::output_shape(std::span<const SampleShape> inputs) const {
  return windows_of(options_).output_shape(inputs);
}

std::vector<Fact> MaxPool2d::facts() const {
  return windows_of(options_).facts();
}

std::unique_ptr<PreparedLayer> MaxPool2d::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedMaxPool2d>(options.precision, windows_of(options_).geometry(inputs), options.samples);
}

}  // namespace reprise::layers
