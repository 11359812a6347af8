#include "suite/layers/positions.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "suite/layers/float_buffers.hpp"

namespace reprise::layers {

namespace {

std::vector<float> waves(std::int64_t tokens, std::int64_t channels) {
  std::vector<float> table;
  for (std::int64_t t = 0; t < tokens; ++t)
    for (std::int64_t i = 0; i < channels; ++i) {
      const double angle = static_cast<double>(t) / std::pow(10000.0, static_cast<double>(i / 2 * 2) / static_cast<double>(channels));
      table.push_back(static_cast<float>(i % 2 == 0 ? std::sin(angle) : std::cos(angle)));
    }
  return table;
}

template <class T>
class PreparedPositions : public PreparedLayer {
 public:
  PreparedPositions(bool learned, const SampleShape& shape, int samples)
      : size_(shape.size()), samples_(samples), waves_(learned ? std::vector<float>() : waves(shape.positions(), shape.channels)) {}

  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(size_) * sizeof(float); }

  void forward(const ForwardArgs& args) const override {
    const float* table = waves_.empty() ? args.parameters[0] : waves_.data();
    float* sum = floats(args.scratch);
    for (int n = 0; n < samples_; ++n) {
      vector_of<float>().add(read<T>(typed<T>(args.inputs[0]) + n * size_, size_, sum), table, sum, size_);
      write<T>(sum, size_, typed<T>(args.output) + n * size_);
    }
  }

  void backward(const BackwardArgs& args) const override {
    const T* grad_output = typed<T>(args.grad_output);
    if (waves_.empty() && !args.grad_parameters.empty()) {
      std::fill_n(args.grad_parameters[0], size_, 0.0f);
      for (int n = 0; n < samples_; ++n)
        kernels::vector_kernels().accumulate(args.grad_parameters[0], read<T>(grad_output + n * size_, size_, floats(args.scratch)), size_);
    }
    if (args.grad_inputs[0] != nullptr && args.grad_inputs[0] != args.grad_output)
      std::memcpy(args.grad_inputs[0], grad_output, static_cast<std::size_t>(size_ * samples_) * sizeof(T));
  }

 private:
  std::int64_t size_;  // values of a sample
  int samples_;
  std::vector<float> waves_;  // empty if the table is learned
};

}  // namespace

std::vector<ParameterSpec> Positions::parameters(std::span<const SampleShape> inputs) const {
  const SampleShape& in = only_input(kind(), inputs);
  if (!options_.learned) return {};
  return {{.name = "table",
           .shape = {in.positions(), in.channels},
           .initialisation = {.kind = Initialisation::Kind::normal, .value = options_.deviation},
           .decays = true}};
}

std::vector<Fact> Positions::facts() const {
  return {{"learned", options_.learned, options_.learned ? " learned" : " of sines and cosines"}};
}

std::unique_ptr<PreparedLayer> Positions::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedPositions>(options.precision, options_.learned, only_input(kind(), inputs), options.samples);
}

}  // namespace reprise::layers
