#include "suite/layers/add.hpp"

#include <cstring>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedAdd : public PreparedLayer {
 public:
  explicit PreparedAdd(std::int64_t size) : size_(size) {}

  void forward(const ForwardArgs& args) const override {
    T* output = typed<T>(args.output);
    vector_of<T>().add(typed<T>(args.inputs[0]), typed<T>(args.inputs[1]), output, size_);
    for (std::size_t i = 2; i < args.inputs.size(); ++i) vector_of<T>().add(output, typed<T>(args.inputs[i]), output, size_);
  }

  void backward(const BackwardArgs& args) const override {
    for (void* grad_input : args.grad_inputs)
      if (grad_input != nullptr && grad_input != args.grad_output)
        std::memcpy(grad_input, args.grad_output, static_cast<std::size_t>(size_) * sizeof(T));
  }

 private:
  std::int64_t size_;  // values of the shard
};

}  // namespace

SampleShape Add::output_shape(std::span<const SampleShape> inputs) const {
  if (inputs.size() < 2)
    throw ShapeError(Complaint{"add", "two or more inputs", std::to_string(inputs.size()), "name what is to be added"});
  for (const SampleShape& input : inputs)
    if (input != inputs[0])
      throw ShapeError(Complaint{"add", "inputs of one shape, " + inputs[0].text(), input.text(), "project one of them"});
  return inputs[0];
}

std::unique_ptr<PreparedLayer> Add::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedAdd>(options.precision, output_shape(inputs).size() * options.samples);
}

}  // namespace reprise::layers
