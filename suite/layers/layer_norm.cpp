#include "suite/layers/layer_norm.hpp"

#include <fmt/format.h>

#include "suite/errors.hpp"
#include "suite/layers/float_buffers.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedLayerNorm : public PreparedLayer {
 public:
  PreparedLayerNorm(const LayerNorm::Options& options, const SampleShape& shape, int samples)
      : epsilon_(static_cast<float>(options.epsilon)), rows_(shape.positions() * samples), channels_(shape.channels) {}

  std::size_t saved_bytes() const override { return static_cast<std::size_t>(2 * rows_) * sizeof(float); }
  /// Inference saves nothing.
  std::size_t scratch_bytes() const override { return saved_bytes(); }

  void forward(const ForwardArgs& args) const override {
    vector_of<T>().layer_norm(typed<T>(args.inputs[0]), rows_, channels_, args.parameters[0], args.parameters[1], epsilon_,
                              typed<T>(args.output), floats(args.saved != nullptr ? args.saved : args.scratch));
  }

  void backward(const BackwardArgs& args) const override {
    const T* input = typed<T>(args.inputs[0]);
    const T* grad_output = typed<T>(args.grad_output);
    const float* statistics = floats(args.saved);
    if (!args.grad_parameters.empty())
      vector_of<T>().layer_norm_parameter_grads(input, grad_output, rows_, channels_, statistics, args.grad_parameters[0],
                                                args.grad_parameters[1]);
    if (args.grad_inputs[0] != nullptr)
      vector_of<T>().layer_norm_grad(input, grad_output, rows_, channels_, args.parameters[0], statistics, typed<T>(args.grad_inputs[0]));
  }

 private:
  float epsilon_;
  std::int64_t rows_, channels_;
};

}  // namespace

LayerNorm::LayerNorm(Options options) : options_(options) {
  if (!(options_.epsilon > 0))
    throw InputError(Complaint{"layer_norm epsilon", "above 0", fmt::format("{}", options_.epsilon), "use 1e-5"});
}

std::vector<ParameterSpec> LayerNorm::parameters(std::span<const SampleShape> inputs) const {
  const std::int64_t channels = only_input(kind(), inputs).channels;
  const auto spec = [&](const char* name, double value) {
    return ParameterSpec{.name = name,
                         .shape = {channels},
                         .initialisation = {.kind = Initialisation::Kind::constant, .value = value},
                         .decays = options_.decays};
  };
  return {spec("gamma", 1), spec("beta", 0)};
}

std::vector<Fact> LayerNorm::facts() const {
  return {{"epsilon", options_.epsilon, options_.epsilon == Options().epsilon ? "" : fmt::format(", epsilon {}", options_.epsilon)}};
}

std::unique_ptr<PreparedLayer> LayerNorm::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedLayerNorm>(options.precision, options_, only_input(kind(), inputs), options.samples);
}

}  // namespace reprise::layers
