#include "suite/layers/softmax.hpp"

#include <fmt/format.h>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedSoftmax : public PreparedLayer {
 public:
  PreparedSoftmax(const SampleShape& shape, int samples, double gain)
      : rows_(shape.positions() * samples), channels_(shape.channels), gain_(static_cast<float>(gain)) {}

  void forward(const ForwardArgs& args) const override {
    vector_of<T>().softmax(typed<T>(args.inputs[0]), typed<T>(args.output), rows_, channels_, gain_);
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    vector_of<T>().softmax_grad(typed<T>(args.output), typed<T>(args.grad_output), typed<T>(args.grad_inputs[0]), rows_, channels_, gain_);
  }

 private:
  std::int64_t rows_, channels_;
  float gain_;
};

}  // namespace

Softmax::Softmax(Options options) : options_(options) {
  if (!(options_.gain > 0))
    throw InputError(Complaint{"softmax gain", "above 0", fmt::format("{}", options_.gain), "use 1 for the plain softmax"});
}

std::vector<Fact> Softmax::facts() const {
  return {{"gain", options_.gain, options_.gain == 1 ? "" : fmt::format(", gain {}", options_.gain)}};
}

std::unique_ptr<PreparedLayer> Softmax::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedSoftmax>(options.precision, only_input(kind(), inputs), options.samples, options_.gain);
}

}  // namespace reprise::layers
