#include "suite/layers/flatten.hpp"

#include <cstring>

#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

class PreparedFlatten : public PreparedLayer {
 public:
  explicit PreparedFlatten(std::size_t bytes) : bytes_(bytes) {}

  void forward(const ForwardArgs& args) const override { move(args.inputs[0], args.output); }
  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] != nullptr) move(args.grad_output, args.grad_inputs[0]);
  }

 private:
  void move(const void* from, void* to) const {
    if (from != to) std::memcpy(to, from, bytes_);
  }

  std::size_t bytes_;
};

}  // namespace

SampleShape Flatten::output_shape(std::span<const SampleShape> inputs) const {
  return {1, 1, only_input(kind(), inputs).size()};
}

std::unique_ptr<PreparedLayer> Flatten::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return std::make_unique<PreparedFlatten>(static_cast<std::size_t>(only_input(kind(), inputs).size() * options.samples) *
                                           bytes_of(options.precision));
}

}  // namespace reprise::layers
