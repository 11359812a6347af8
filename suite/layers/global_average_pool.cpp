#include "suite/layers/global_average_pool.hpp"

#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedGlobalAveragePool : public PreparedLayer {
 public:
  PreparedGlobalAveragePool(const SampleShape& input, int samples) : input_(input), samples_(samples) {}

  void forward(const ForwardArgs& args) const override {
    for (int n = 0; n < samples_; ++n)
      vector_of<T>().column_sum(typed<T>(args.inputs[0]) + n * input_.size(), input_.positions(), input_.channels, share(),
                                typed<T>(args.output) + n * input_.channels);
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    for (int n = 0; n < samples_; ++n)
      vector_of<T>().broadcast_rows(typed<T>(args.grad_output) + n * input_.channels, share(), input_.positions(), input_.channels,
                                    typed<T>(args.grad_inputs[0]) + n * input_.size());
  }

 private:
  float share() const { return 1.0f / static_cast<float>(input_.positions()); }

  SampleShape input_;
  int samples_;
};

}  // namespace

SampleShape GlobalAveragePool::output_shape(std::span<const SampleShape> inputs) const {
  return {1, 1, only_input(kind(), inputs).channels};
}

std::unique_ptr<PreparedLayer> GlobalAveragePool::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedGlobalAveragePool>(options.precision, only_input(kind(), inputs), options.samples);
}

}  // namespace reprise::layers
