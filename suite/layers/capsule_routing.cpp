#include "suite/layers/capsule_routing.hpp"

#include "suite/layers/float_buffers.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedCapsuleRouting : public PreparedLayer {
 public:
  PreparedCapsuleRouting(const RoutingShape& shape, const RoutingOptions& options)
      : routing_(shape, options),
        input_size_(shape.samples * shape.inputs * shape.input_dimensions),
        output_size_(shape.samples * shape.outputs * shape.output_dimensions) {}

  std::size_t saved_bytes() const override { return routing_.saved_floats() * sizeof(float); }
  std::size_t scratch_bytes() const override {
    return (routing_.scratch_floats() + static_cast<std::size_t>(2 * input_size_ + output_size_)) * sizeof(float);
  }

  void forward(const ForwardArgs& args) const override {
    float* buffer = floats(args.scratch);
    float* output = buffer + input_size_;
    const float* bias = args.parameters.size() > 1 ? args.parameters[1] : nullptr;
    routing_.forward(read<T>(args.inputs[0], input_size_, buffer), args.parameters[0], bias, output, floats(args.saved),
                     output + output_size_);
    write<T>(output, output_size_, args.output);
  }

  void backward(const BackwardArgs& args) const override {
    float* buffer = floats(args.scratch);
    float* grad_input = buffer + input_size_;
    float* grad_output = grad_input + input_size_;
    const bool wants_weights = !args.grad_parameters.empty();
    const bool has_bias = args.parameters.size() > 1;
    routing_.backward(read<T>(args.inputs[0], input_size_, buffer), args.parameters[0],
                      read<T>(args.grad_output, output_size_, grad_output), floats(args.saved),
                      args.grad_inputs[0] != nullptr ? grad_input : nullptr, wants_weights ? args.grad_parameters[0] : nullptr,
                      wants_weights && has_bias ? args.grad_parameters[1] : nullptr, grad_output + output_size_);
    if (args.grad_inputs[0] != nullptr) write<T>(grad_input, input_size_, args.grad_inputs[0]);
  }

 private:
  Routing routing_;
  std::int64_t input_size_, output_size_;  // of the shard
};

}  // namespace

CapsuleRouting::CapsuleRouting(Options options) : options_(options) {
  options_.routing.check("capsule_routing");
}

RoutingShape CapsuleRouting::shape_for(std::span<const SampleShape> inputs, int samples) const {
  const SampleShape& input = only_input(kind(), inputs);
  return {samples, input.positions(), input.channels, options_.routing.capsules, options_.routing.dimensions};
}

SampleShape CapsuleRouting::output_shape(std::span<const SampleShape> inputs) const {
  only_input(kind(), inputs);
  return {1, options_.routing.capsules, options_.routing.dimensions};
}

std::vector<ParameterSpec> CapsuleRouting::parameters(std::span<const SampleShape> inputs) const {
  const RoutingShape s = shape_for(inputs, 1);
  std::vector<ParameterSpec> specs(1);
  specs[0].name = "weight";
  specs[0].shape = {s.inputs, s.input_dimensions, s.outputs, s.output_dimensions};
  specs[0].initialisation = {.kind = Initialisation::Kind::normal, .value = options_.deviation};
  specs[0].decays = true;
  if (!has_bias()) return specs;
  specs.emplace_back();
  specs[1].name = "bias";
  specs[1].shape = {s.outputs, s.output_dimensions};
  specs[1].initialisation = {.kind = Initialisation::Kind::constant, .value = 0.1};
  return specs;
}

Cost CapsuleRouting::cost(std::span<const SampleShape> inputs) const {
  const RoutingShape s = shape_for(inputs, 1);
  return {Routing::forward_macs(s, options_.routing), Routing::vote_macs(s), Routing::vote_macs(s)};
}

std::vector<Fact> CapsuleRouting::facts() const {
  return options_.routing.facts();
}

std::unique_ptr<PreparedLayer> CapsuleRouting::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedCapsuleRouting>(options.precision, shape_for(inputs, options.samples), options_.routing);
}

}  // namespace reprise::layers
