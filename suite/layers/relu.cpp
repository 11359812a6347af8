#include "suite/layers/relu.hpp"

#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

kernels::Rule rule_of(ReluRule rule) {
  switch (rule) {
    case ReluRule::deconvnet:
      return kernels::Rule::deconvnet;
    case ReluRule::guided:
      return kernels::Rule::guided;
    default:
      return kernels::Rule::gradient;
  }
}

template <class T>
class PreparedRelu : public PreparedLayer {
 public:
  explicit PreparedRelu(std::int64_t size) : size_(size) {}

  void forward(const ForwardArgs& args) const override { vector_of<T>().relu(typed<T>(args.inputs[0]), typed<T>(args.output), size_); }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    vector_of<T>().relu_grad(typed<T>(args.output), typed<T>(args.grad_output), typed<T>(args.grad_inputs[0]), size_,
                             rule_of(args.shard.relu_rule));
  }

 private:
  std::int64_t size_;  // values of the shard
};

}  // namespace

std::unique_ptr<PreparedLayer> Relu::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedRelu>(options.precision, only_input(kind(), inputs).size() * options.samples);
}

}  // namespace reprise::layers
