#include "suite/layers/global_max_pool.hpp"

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

constexpr std::int64_t kMaxPositions = 65536;  // a winner is saved in two bytes

template <class T>
class PreparedGlobalMaxPool : public PreparedLayer {
 public:
  PreparedGlobalMaxPool(const SampleShape& input, int samples) : input_(input), samples_(samples) {}

  std::size_t saved_bytes() const override { return static_cast<std::size_t>(samples_ * input_.channels) * sizeof(std::uint16_t); }

  void forward(const ForwardArgs& args) const override {
    for (int n = 0; n < samples_; ++n)
      vector_of<T>().global_max(typed<T>(args.inputs[0]) + n * input_.size(), input_.positions(), input_.channels,
                                typed<T>(args.output) + n * input_.channels, argmax(args.saved, n));
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    for (int n = 0; n < samples_; ++n)
      vector_of<T>().global_max_grad(typed<T>(args.grad_output) + n * input_.channels, argmax(args.saved, n), input_.positions(),
                                     input_.channels, typed<T>(args.grad_inputs[0]) + n * input_.size());
  }

 private:
  /// Null when nothing is kept for a backward pass.
  std::uint16_t* argmax(std::byte* saved, int n) const {
    return saved == nullptr ? nullptr : reinterpret_cast<std::uint16_t*>(saved) + n * input_.channels;
  }

  SampleShape input_;
  int samples_;
};

}  // namespace

SampleShape GlobalMaxPool::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& input = only_input(kind(), inputs);
  if (input.positions() > kMaxPositions)
    throw ShapeError(Complaint{"global_max_pool", "at most 65536 positions", input.text(), "pool in windows first"});
  return {1, 1, input.channels};
}

std::unique_ptr<PreparedLayer> GlobalMaxPool::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  output_shape(inputs);
  return make_prepared<PreparedGlobalMaxPool>(options.precision, only_input(kind(), inputs), options.samples);
}

}  // namespace reprise::layers
