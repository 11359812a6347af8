#include "suite/layers/average_pool2d.hpp"

#include "suite/layers/layer_checks.hpp"
#include "suite/layers/pooling_windows.hpp"

namespace reprise::layers {

namespace {

PoolingWindows windows_of(const AveragePool2d::Options& o) {
  return {"average_pool2d", o.window, o.stride, o.padding, o.ceil};
}

template <class T>
class PreparedAveragePool2d : public PreparedWindow {
 public:
  PreparedAveragePool2d(const kernels::WindowGeometry& geometry, int samples) : PreparedWindow(geometry, samples, sizeof(T)) {}

  void forward(const ForwardArgs& args) const override {
    for (int n = 0; n < samples_; ++n)
      vector_of<T>().average_pool(typed<T>(args.inputs[0]) + n * input_size_, geometry_, typed<T>(args.output) + n * output_size_);
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    for (int n = 0; n < samples_; ++n) {
      T* grad_input = typed<T>(args.grad_inputs[0]) + n * input_size_;
      vector_of<T>().average_pool_grad(typed<T>(args.grad_output) + n * output_size_, geometry_, grad_input,
                                       sums(grad_input, args.scratch));
    }
  }
};

}  // namespace

AveragePool2d::AveragePool2d(Options options) : options_(options) {
  windows_of(options_).check(1);
}

SampleShape AveragePool2d::output_shape(std::span<const SampleShape> inputs) const {
  return windows_of(options_).output_shape(inputs);
}

std::vector<Fact> AveragePool2d::facts() const {
  std::vector<Fact> facts = windows_of(options_).facts();
  facts.push_back({"counts_padding", options_.counts_padding, options_.counts_padding ? ", padding counted" : ""});
  return facts;
}

std::unique_ptr<PreparedLayer> AveragePool2d::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  kernels::WindowGeometry geometry = windows_of(options_).geometry(inputs);
  geometry.counts_padding = options_.counts_padding;
  return make_prepared<PreparedAveragePool2d>(options.precision, geometry, options.samples);
}

}  // namespace reprise::layers
