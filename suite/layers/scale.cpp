#include "suite/layers/scale.hpp"

#include <fmt/format.h>

#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedScale : public PreparedLayer {
 public:
  PreparedScale(double factor, std::int64_t size) : factor_(static_cast<float>(factor)), size_(size) {}

  void forward(const ForwardArgs& args) const override {
    vector_of<T>().scale(typed<T>(args.inputs[0]), factor_, typed<T>(args.output), size_);
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    vector_of<T>().scale(typed<T>(args.grad_output), factor_, typed<T>(args.grad_inputs[0]), size_);
  }

 private:
  float factor_;
  std::int64_t size_;  // values of the shard
};

}  // namespace

std::vector<Fact> Scale::facts() const {
  return {{"factor", options_.factor, fmt::format(" by {:.7g}", options_.factor)}};
}

std::unique_ptr<PreparedLayer> Scale::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedScale>(options.precision, options_.factor, only_input(kind(), inputs).size() * options.samples);
}

}  // namespace reprise::layers
