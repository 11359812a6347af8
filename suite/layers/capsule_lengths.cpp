#include "suite/layers/capsule_lengths.hpp"

#include <cmath>

#include "suite/layers/float_buffers.hpp"

namespace reprise::layers {

namespace {

constexpr float kShortest = 1e-18f;  // squares of what is shorter leave the range of float

float length_of(const float* capsule, std::int64_t dimensions) {
  float square = 0;
  for (std::int64_t d = 0; d < dimensions; ++d) square += capsule[d] * capsule[d];
  return std::sqrt(square);
}

template <class T>
class PreparedCapsuleLengths : public PreparedLayer {
 public:
  PreparedCapsuleLengths(std::int64_t rows, std::int64_t dimensions) : rows_(rows), dimensions_(dimensions) {}

  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(rows_ * (2 * dimensions_ + 1)) * sizeof(float); }

  void forward(const ForwardArgs& args) const override {
    float* buffer = floats(args.scratch);
    float* lengths = buffer + rows_ * dimensions_;
    const float* input = read<T>(args.inputs[0], rows_ * dimensions_, buffer);
    for (std::int64_t r = 0; r < rows_; ++r) lengths[r] = length_of(input + r * dimensions_, dimensions_);
    write<T>(lengths, rows_, args.output);
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    float* buffer = floats(args.scratch);
    float* grad_input = buffer + rows_ * dimensions_;
    const float* input = read<T>(args.inputs[0], rows_ * dimensions_, buffer);
    const float* grad_output = read<T>(args.grad_output, rows_, grad_input + rows_ * dimensions_);
    for (std::int64_t r = 0; r < rows_; ++r) {
      const float length = length_of(input + r * dimensions_, dimensions_);
      const float factor = length < kShortest ? 0.0f : grad_output[r] / length;
      for (std::int64_t d = 0; d < dimensions_; ++d) grad_input[r * dimensions_ + d] = factor * input[r * dimensions_ + d];
    }
    write<T>(grad_input, rows_ * dimensions_, args.grad_inputs[0]);
  }

 private:
  std::int64_t rows_, dimensions_;  // capsules of the shard
};

}  // namespace

SampleShape CapsuleLengths::output_shape(std::span<const SampleShape> inputs) const {
  return {1, 1, only_input(kind(), inputs).positions()};
}

std::unique_ptr<PreparedLayer> CapsuleLengths::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  const SampleShape& input = only_input(kind(), inputs);
  return make_prepared<PreparedCapsuleLengths>(options.precision, input.positions() * options.samples, input.channels);
}

}  // namespace reprise::layers
