#include "suite/layers/sequence_pool.hpp"

#include <algorithm>

#include "suite/layers/float_buffers.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedSequencePool : public PreparedLayer {
 public:
  PreparedSequencePool(const SampleShape& shape, int samples)
      : tokens_(shape.positions()), channels_(shape.channels), size_(shape.size()), samples_(samples) {}

  std::size_t saved_bytes() const override { return static_cast<std::size_t>(samples_ * tokens_) * sizeof(float); }
  /// A sample's input and its gradient, both with one row of channels besides, and a row of tokens.
  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(2 * (size_ + channels_) + tokens_) * sizeof(float); }

  void forward(const ForwardArgs& args) const override {
    const auto& k = kernels::vector_kernels().capsules;
    float* room = floats(args.scratch);
    float* sum = room + size_;
    float* weights = args.saved != nullptr ? floats(args.saved) : nullptr;
    for (int n = 0; n < samples_; ++n) {
      const float* x = read<T>(typed<T>(args.inputs[0]) + n * size_, size_, room);
      float* a = weights != nullptr ? weights + n * tokens_ : sum + channels_;  // inference saves nothing
      k.multiply_rows(args.parameters[0], 1, x, tokens_, channels_, a, tokens_);
      for (std::int64_t t = 0; t < tokens_; ++t) a[t] += args.parameters[1][0];
      vector_of<float>().softmax(a, a, 1, tokens_, 1);
      std::fill_n(sum, channels_, 0.0f);
      k.weigh({tokens_, 1, channels_}, a, x, sum);
      write<T>(sum, channels_, typed<T>(args.output) + n * channels_);
    }
  }

  void backward(const BackwardArgs& args) const override {
    const auto& k = kernels::vector_kernels().capsules;
    float* room = floats(args.scratch);
    float* dz_room = room + size_;
    float* gradient = dz_room + channels_;
    float* grad_logits = gradient + size_ + channels_;
    const bool wants_weights = !args.grad_parameters.empty();
    if (wants_weights) {
      std::fill_n(args.grad_parameters[0], channels_, 0.0f);
      args.grad_parameters[1][0] = 0;
    }
    for (int n = 0; n < samples_; ++n) {
      const float* x = read<T>(typed<T>(args.inputs[0]) + n * size_, size_, room);
      const float* dz = read<T>(typed<T>(args.grad_output) + n * channels_, channels_, dz_room);
      const float* a = floats(args.saved) + n * tokens_;
      k.multiply_rows(dz, 1, x, tokens_, channels_, grad_logits, tokens_);
      vector_of<float>().softmax_grad(a, grad_logits, grad_logits, 1, tokens_, 1);
      if (wants_weights) k.weigh({tokens_, 1, channels_}, grad_logits, x, args.grad_parameters[0]);
      if (args.grad_inputs[0] == nullptr) continue;
      // Row t: a_t dz + ds_t weight.
      for (std::int64_t t = 0; t < tokens_; ++t) {
        float* row = gradient + t * channels_;
        vector_of<float>().scale(dz, a[t], row, channels_);
        kernels::vector_kernels().add_scaled(row, args.parameters[0], grad_logits[t], channels_);
      }
      write<T>(gradient, size_, typed<T>(args.grad_inputs[0]) + n * size_);
    }
  }

 private:
  std::int64_t tokens_, channels_, size_;  // size: values of a sample
  int samples_;
};

}  // namespace

SampleShape SequencePool::output_shape(std::span<const SampleShape> inputs) const {
  return {1, 1, only_input(kind(), inputs).channels};
}

std::vector<ParameterSpec> SequencePool::parameters(std::span<const SampleShape> inputs) const {
  return {{.name = "weight",
           .shape = {1, only_input(kind(), inputs).channels},
           .initialisation = {.kind = Initialisation::Kind::normal, .value = options_.deviation},
           .decays = true,
           .has_norm_bound = true},
          {.name = "bias", .shape = {1}, .initialisation = {}, .decays = options_.bias_decays}};
}

Cost SequencePool::cost(std::span<const SampleShape> inputs) const {
  const std::int64_t size = only_input(kind(), inputs).size();
  return {2 * size, 3 * size, size};
}

std::unique_ptr<PreparedLayer> SequencePool::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedSequencePool>(options.precision, only_input(kind(), inputs), options.samples);
}

}  // namespace reprise::layers
