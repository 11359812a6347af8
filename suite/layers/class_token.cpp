#include "suite/layers/class_token.hpp"

#include <algorithm>
#include <cstring>

#include "suite/layers/float_buffers.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedClassToken : public PreparedLayer {
 public:
  PreparedClassToken(const SampleShape& shape, int samples) : size_(shape.size()), channels_(shape.channels), samples_(samples) {}

  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(channels_) * sizeof(float); }

  void forward(const ForwardArgs& args) const override {
    for (int n = 0; n < samples_; ++n) {
      T* output = typed<T>(args.output) + n * (size_ + channels_);
      write<T>(args.parameters[0], channels_, output);
      std::memcpy(output + channels_, typed<T>(args.inputs[0]) + n * size_, static_cast<std::size_t>(size_) * sizeof(T));
    }
  }

  void backward(const BackwardArgs& args) const override {
    const bool wants_token = !args.grad_parameters.empty();
    if (wants_token) std::fill_n(args.grad_parameters[0], channels_, 0.0f);
    for (int n = 0; n < samples_; ++n) {
      const T* gradient = typed<T>(args.grad_output) + n * (size_ + channels_);
      if (wants_token)
        kernels::vector_kernels().accumulate(args.grad_parameters[0], read<T>(gradient, channels_, floats(args.scratch)), channels_);
      if (args.grad_inputs[0] != nullptr)
        std::memcpy(typed<T>(args.grad_inputs[0]) + n * size_, gradient + channels_, static_cast<std::size_t>(size_) * sizeof(T));
    }
  }

 private:
  std::int64_t size_, channels_;  // size: values of a sample's input
  int samples_;
};

}  // namespace

SampleShape ClassToken::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& in = only_input(kind(), inputs);
  return {in.positions() + 1, 1, in.channels};
}

std::vector<ParameterSpec> ClassToken::parameters(std::span<const SampleShape> inputs) const {
  return {{.name = "token", .shape = {1, only_input(kind(), inputs).channels}, .initialisation = {}, .decays = true}};
}

std::unique_ptr<PreparedLayer> ClassToken::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedClassToken>(options.precision, only_input(kind(), inputs), options.samples);
}

}  // namespace reprise::layers
