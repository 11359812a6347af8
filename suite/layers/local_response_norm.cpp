#include "suite/layers/local_response_norm.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/layers/float_buffers.hpp"

namespace reprise::layers {

namespace {

kernels::ResponseTerms terms_of(const LocalResponseNorm::Options& o) {
  const double factor = o.divided ? o.alpha / o.window : o.alpha;
  return {.reach = o.window / 2,
          .offset = static_cast<float>(o.k),
          .factor = static_cast<float>(factor),
          .exponent = static_cast<float>(o.beta)};
}

template <class T>
class PreparedLocalResponseNorm : public PreparedLayer {
 public:
  PreparedLocalResponseNorm(const LocalResponseNorm::Options& options, const SampleShape& shape, int samples)
      : terms_(terms_of(options)), rows_(shape.positions() * samples * options.groups), channels_(shape.channels / options.groups) {}

  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(kernels::response_scratch(channels_)) * sizeof(float); }

  void forward(const ForwardArgs& args) const override {
    vector_of<T>().response_norm(typed<T>(args.inputs[0]), rows_, channels_, terms_, typed<T>(args.output), floats(args.scratch));
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    if (args.shard.relu_rule == ReluRule::deconvnet) {
      std::copy_n(typed<T>(args.grad_output), rows_ * channels_, typed<T>(args.grad_inputs[0]));
      return;
    }
    vector_of<T>().response_norm_grad(typed<T>(args.inputs[0]), typed<T>(args.grad_output), rows_, channels_, terms_,
                                      typed<T>(args.grad_inputs[0]), floats(args.scratch));
  }

 private:
  kernels::ResponseTerms terms_;
  std::int64_t rows_, channels_;
};

}  // namespace

LocalResponseNorm::LocalResponseNorm(Options options) : options_(options) {
  const auto require = [](bool holds, const char* what, const char* expected, double found) {
    if (!holds)
      throw InputError(Complaint{fmt::format("local_response_norm {}", what), expected, fmt::format("{}", found), "Correct the model"});
  };
  require(options_.window >= 1 && options_.window <= 33 && options_.window % 2 == 1, "window", "an odd number up to 33", options_.window);
  require(options_.k > 0, "k", "above 0", options_.k);
  require(options_.alpha >= 0, "alpha", "at least 0", options_.alpha);
  require(options_.groups >= 1, "groups", "at least 1", static_cast<double>(options_.groups));
}

SampleShape LocalResponseNorm::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& input = only_input(kind(), inputs);
  if (input.channels % options_.groups != 0)
    throw ShapeError(Complaint{"local_response_norm", fmt::format("groups that divide the channels of {}", input.text()),
                               fmt::format("groups = {}", options_.groups), "Choose other groups or widths"});
  return input;
}

std::vector<Fact> LocalResponseNorm::facts() const {
  const Options& o = options_;
  return {{"window", o.window, fmt::format(" {} channels", o.window)},
          {"k", o.k, fmt::format(", k {}", o.k)},
          {"alpha", o.alpha, fmt::format(", alpha {}", o.alpha)},
          {"beta", o.beta, fmt::format(", beta {}", o.beta)},
          {"divided", o.divided, o.divided ? ", divided" : ""},
          {"groups", o.groups, o.groups > 1 ? fmt::format(", groups {}", o.groups) : ""}};
}

std::unique_ptr<PreparedLayer> LocalResponseNorm::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedLocalResponseNorm>(options.precision, options_, output_shape(inputs), options.samples);
}

}  // namespace reprise::layers
