#include "suite/layers/first_token.hpp"

#include <cstring>

#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedFirstToken : public PreparedLayer {
 public:
  PreparedFirstToken(const SampleShape& shape, int samples) : size_(shape.size()), channels_(shape.channels), samples_(samples) {}

  void forward(const ForwardArgs& args) const override {
    for (int n = 0; n < samples_; ++n)
      std::memcpy(typed<T>(args.output) + n * channels_, typed<T>(args.inputs[0]) + n * size_, bytes(channels_));
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    for (int n = 0; n < samples_; ++n) {
      T* grad_input = typed<T>(args.grad_inputs[0]) + n * size_;
      std::memcpy(grad_input, typed<T>(args.grad_output) + n * channels_, bytes(channels_));
      std::memset(grad_input + channels_, 0, bytes(size_ - channels_));
    }
  }

 private:
  static std::size_t bytes(std::int64_t values) { return static_cast<std::size_t>(values) * sizeof(T); }

  std::int64_t size_, channels_;  // size: values of a sample's input
  int samples_;
};

}  // namespace

SampleShape FirstToken::output_shape(std::span<const SampleShape> inputs) const {
  return {1, 1, only_input(kind(), inputs).channels};
}

std::unique_ptr<PreparedLayer> FirstToken::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedFirstToken>(options.precision, only_input(kind(), inputs), options.samples);
}

}  // namespace reprise::layers
