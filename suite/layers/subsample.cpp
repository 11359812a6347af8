#include "suite/layers/subsample.hpp"

#include <fmt/format.h>

#include <cstring>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedSubsample : public PreparedLayer {
 public:
  PreparedSubsample(const Subsample::Options& options, const SampleShape& input, const SampleShape& output, int samples)
      : options_(options), input_(input), output_(output), samples_(samples) {}

  void forward(const ForwardArgs& args) const override {
    const T* input = typed<T>(args.inputs[0]);
    T* output = typed<T>(args.output);
    std::memset(output, 0, static_cast<std::size_t>(samples_ * output_.size()) * sizeof(T));
    for_each_position([&](std::int64_t from, std::int64_t to) { std::memcpy(output + to, input + from, row_bytes()); });
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    const T* grad_output = typed<T>(args.grad_output);
    T* grad_input = typed<T>(args.grad_inputs[0]);
    std::memset(grad_input, 0, static_cast<std::size_t>(samples_ * input_.size()) * sizeof(T));
    for_each_position([&](std::int64_t from, std::int64_t to) { std::memcpy(grad_input + from, grad_output + to, row_bytes()); });
  }

 private:
  std::size_t row_bytes() const { return static_cast<std::size_t>(input_.channels) * sizeof(T); }

  /// Offsets of the positions that the output takes over, in the shard's input and output.
  template <class Use>
  void for_each_position(const Use& use) const {
    for (std::int64_t n = 0; n < samples_; ++n)
      for (std::int64_t p = 0; p < output_.height; ++p)
        for (std::int64_t q = 0; q < output_.width; ++q) {
          const std::int64_t y = p * options_.stride + options_.offset, x = q * options_.stride + options_.offset;
          if (y < 0 || y >= input_.height || x < 0 || x >= input_.width) continue;
          use(n * input_.size() + (y * input_.width + x) * input_.channels,
              n * output_.size() + (p * output_.width + q) * output_.channels);
        }
  }

  Subsample::Options options_;
  SampleShape input_, output_;
  std::int64_t samples_;
};

}  // namespace

Subsample::Subsample(Options options) : options_(options) {
  if (options_.stride < 1)
    throw InputError(Complaint{"subsample stride", "at least 1", fmt::format("{}", options_.stride), "Correct the stride"});
}

SampleShape Subsample::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& input = only_input(kind(), inputs);
  const std::int64_t channels = options_.channels > 0 ? options_.channels : input.channels;
  if (channels < input.channels)
    throw ShapeError(Complaint{"subsample", fmt::format("an input of at most {} channels", channels), input.text(), "Widen it"});
  return {(input.height - 1) / options_.stride + 1, (input.width - 1) / options_.stride + 1, channels};
}

std::vector<Fact> Subsample::facts() const {
  return {{"stride", options_.stride, options_.stride != 1 ? fmt::format(" stride {}", options_.stride) : ""},
          {"offset", options_.offset, options_.offset != 0 ? fmt::format(", offset {}", options_.offset) : ""},
          {"channels", options_.channels, options_.channels > 0 ? fmt::format(", {} channels", options_.channels) : ""}};
}

std::unique_ptr<PreparedLayer> Subsample::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedSubsample>(options.precision, options_, only_input(kind(), inputs), output_shape(inputs), options.samples);
}

}  // namespace reprise::layers
