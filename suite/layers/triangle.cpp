#include "suite/layers/triangle.hpp"

#include <fmt/format.h>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedTriangle : public PreparedLayer {
 public:
  PreparedTriangle(const SampleShape& shape, int samples, double power)
      : rows_(shape.positions() * samples), channels_(shape.channels), power_(static_cast<float>(power)) {}

  void forward(const ForwardArgs& args) const override {
    vector_of<T>().triangle(typed<T>(args.inputs[0]), typed<T>(args.output), rows_, channels_, power_);
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    vector_of<T>().triangle_grad(typed<T>(args.output), typed<T>(args.grad_output), typed<T>(args.grad_inputs[0]), rows_, channels_,
                                 power_);
  }

 private:
  std::int64_t rows_, channels_;
  float power_;
};

}  // namespace

Triangle::Triangle(Options options) : options_(options) {
  if (!(options_.power > 0))
    throw InputError(Complaint{"triangle power", "above 0", fmt::format("{}", options_.power), "use 1 for the plain triangle"});
}

std::vector<Fact> Triangle::facts() const {
  return {{"power", options_.power, options_.power == 1 ? "" : fmt::format(", power {}", options_.power)}};
}

std::unique_ptr<PreparedLayer> Triangle::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedTriangle>(options.precision, only_input(kind(), inputs), options.samples, options_.power);
}

}  // namespace reprise::layers
