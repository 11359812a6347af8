#include "suite/layers/squash.hpp"

#include <fmt/format.h>

#include "suite/errors.hpp"
#include "suite/layers/float_buffers.hpp"
#include "suite/layers/routing.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedSquash : public PreparedLayer {
 public:
  PreparedSquash(std::int64_t rows, std::int64_t dimensions) : rows_(rows), dimensions_(dimensions), size_(rows * dimensions) {}

  std::size_t scratch_bytes() const override { return 3 * static_cast<std::size_t>(size_) * sizeof(float); }

  void forward(const ForwardArgs& args) const override {
    float* scratch = floats(args.scratch);
    squash(read<T>(args.inputs[0], size_, scratch), rows_, dimensions_, scratch + size_);
    write<T>(scratch + size_, size_, args.output);
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    float* scratch = floats(args.scratch);
    const float* input = read<T>(args.inputs[0], size_, scratch);
    const float* grad_output = read<T>(args.grad_output, size_, scratch + size_);
    squash_grad(input, grad_output, rows_, dimensions_, scratch + 2 * size_);
    write<T>(scratch + 2 * size_, size_, args.grad_inputs[0]);
  }

 private:
  std::int64_t rows_, dimensions_, size_;
};

}  // namespace

SampleShape Squash::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& input = only_input(kind(), inputs);
  if (options_.dimensions < 1 || input.channels % options_.dimensions != 0)
    throw ShapeError(
        Complaint{"squash", fmt::format("channels in runs of {}", options_.dimensions), input.text(), "Change the number of filters"});
  return {1, input.size() / options_.dimensions, options_.dimensions};
}

std::vector<Fact> Squash::facts() const {
  return {{"dimensions", options_.dimensions, fmt::format(", capsules of {}", options_.dimensions)}};
}

std::unique_ptr<PreparedLayer> Squash::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedSquash>(options.precision, output_shape(inputs).positions() * options.samples, options_.dimensions);
}

}  // namespace reprise::layers
