#include "suite/layers/coset_pool.hpp"

#include <fmt/format.h>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"
#include "suite/layers/pooling_windows.hpp"

namespace reprise::layers {

namespace {

/// The orientations of a position stand side by side, so a sample is one row of windows that are as wide as there are orientations.
kernels::WindowGeometry geometry_of(const SampleShape& input, int orientations) {
  kernels::WindowGeometry geometry;
  geometry.width = input.positions() * orientations;
  geometry.channels = input.channels / orientations;
  geometry.out_width = input.positions();
  geometry.window_width = geometry.stride = orientations;
  return geometry;
}

template <class T>
class PreparedCosetPool : public PreparedWindow {
 public:
  PreparedCosetPool(const SampleShape& input, const CosetPool::Options& options, int samples)
      : PreparedWindow(geometry_of(input, options.orientations), samples, sizeof(T)), average_(options.average) {}

  std::size_t saved_bytes() const override { return average_ ? 0 : static_cast<std::size_t>(samples_ * output_size_); }

  void forward(const ForwardArgs& args) const override {
    for (int n = 0; n < samples_; ++n) {
      const T* input = typed<T>(args.inputs[0]) + n * input_size_;
      T* output = typed<T>(args.output) + n * output_size_;
      if (average_)
        vector_of<T>().average_pool(input, geometry_, output);
      else
        vector_of<T>().max_pool(input, geometry_, output, winners(args.saved, n));
    }
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    for (int n = 0; n < samples_; ++n) {
      const T* grad_output = typed<T>(args.grad_output) + n * output_size_;
      T* grad_input = typed<T>(args.grad_inputs[0]) + n * input_size_;
      if (average_)
        vector_of<T>().average_pool_grad(grad_output, geometry_, grad_input, sums(grad_input, args.scratch));
      else
        vector_of<T>().max_pool_grad(grad_output, winners(args.saved, n), geometry_, grad_input, sums(grad_input, args.scratch));
    }
  }

 private:
  /// Null when nothing is kept for a backward pass.
  std::uint8_t* winners(std::byte* saved, int n) const {
    return saved == nullptr ? nullptr : reinterpret_cast<std::uint8_t*>(saved) + n * output_size_;
  }

  bool average_;
};

}  // namespace

CosetPool::CosetPool(Options options) : options_(options) {
  if (options_.orientations < 2 || options_.orientations > 16)
    throw InputError(Complaint{"coset_pool orientations", "2 to 16", std::to_string(options_.orientations),
                               "p4 has 4, p4m 8; without orientations there is nothing to pool"});
}

SampleShape CosetPool::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& input = only_input(kind(), inputs);
  if (input.channels % options_.orientations != 0)
    throw ShapeError(Complaint{"coset_pool", fmt::format("channels of {} orientations", options_.orientations),
                               fmt::format("{} channels {}", input.channels, input.text()), "Pool what a group convolution puts out"});
  return {input.height, input.width, input.channels / options_.orientations};
}

std::vector<Fact> CosetPool::facts() const {
  return {{"average", options_.average, options_.average ? " average" : " max"},
          {"orientations", std::int64_t{options_.orientations}, fmt::format(" over {}", options_.orientations)}};
}

std::unique_ptr<PreparedLayer> CosetPool::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  output_shape(inputs);
  return make_prepared<PreparedCosetPool>(options.precision, inputs[0], options_, options.samples);
}

}  // namespace reprise::layers
