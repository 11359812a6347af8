#include "suite/layers/reconstruction_penalty.hpp"

#include <fmt/format.h>

#include <cstring>

#include "suite/errors.hpp"
#include "suite/layers/float_buffers.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedReconstructionPenalty : public PreparedLayer {
 public:
  PreparedReconstructionPenalty(double weight, std::span<const SampleShape> inputs, int samples)
      : weight_(weight), values_(inputs[0].size() * samples), size_(inputs[1].size()), samples_(samples) {}

  std::size_t scratch_bytes() const override { return 4 * static_cast<std::size_t>(size_) * sizeof(float); }

  void forward(const ForwardArgs& args) const override { move(args.inputs[0], args.output); }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] != nullptr) move(args.grad_output, args.grad_inputs[0]);
    float* buffer = floats(args.scratch);
    float* difference = buffer + 2 * size_;
    float* opposite = buffer + 3 * size_;
    const bool counts = args.shard.mode == Mode::train && args.shard.count > 0;
    const auto factor = counts ? static_cast<float>(2 * weight_ / static_cast<double>(args.shard.count)) : 0.0f;
    for (int n = 0; n < samples_; ++n) {
      const float* reconstruction = read<T>(typed<T>(args.inputs[1]) + n * size_, size_, buffer);
      const float* target = read<T>(typed<T>(args.inputs[2]) + n * size_, size_, buffer + size_);
      const float scale = n < args.shard.valid ? factor : 0.0f;
      for (std::int64_t i = 0; i < size_; ++i) {
        difference[i] = scale * (reconstruction[i] - target[i]);
        opposite[i] = -difference[i];
      }
      if (args.grad_inputs[1] != nullptr) write<T>(difference, size_, typed<T>(args.grad_inputs[1]) + n * size_);
      if (args.grad_inputs[2] != nullptr) write<T>(opposite, size_, typed<T>(args.grad_inputs[2]) + n * size_);
    }
  }

 private:
  void move(const void* from, void* to) const {
    if (from != to) std::memcpy(to, from, static_cast<std::size_t>(values_) * sizeof(T));
  }

  double weight_;
  std::int64_t values_, size_;  // of the shard; of one image
  int samples_;
};

}  // namespace

ReconstructionPenalty::ReconstructionPenalty(Options options) : options_(options) {
  if (!(options_.weight >= 0))
    throw InputError(Complaint{"reconstruction_penalty weight", "0 or more", fmt::format("{}", options_.weight), "0.0005 is usual"});
}

SampleShape ReconstructionPenalty::output_shape(std::span<const SampleShape> inputs) const {
  if (inputs.size() != 3)
    throw ShapeError(Complaint{"reconstruction_penalty", "a value, a reconstruction and its target",
                               fmt::format("{} inputs", inputs.size()), "Name the three nodes"});
  if (inputs[1].size() != inputs[2].size())
    throw ShapeError(Complaint{"reconstruction_penalty", "a reconstruction as large as its target " + inputs[2].text(), inputs[1].text(),
                               "Change the decoder's last layer"});
  return inputs[0];
}

std::vector<Fact> ReconstructionPenalty::facts() const {
  return {{"weight", options_.weight, fmt::format(", weight {}", options_.weight)}};
}

std::unique_ptr<PreparedLayer> ReconstructionPenalty::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  output_shape(inputs);
  return make_prepared<PreparedReconstructionPenalty>(options.precision, options_.weight, inputs, options.samples);
}

}  // namespace reprise::layers
