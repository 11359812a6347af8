#include "suite/layers/conv2d.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "suite/errors.hpp"
#include "suite/kernels/convolution.hpp"
#include "suite/layers/layer_checks.hpp"
#include "suite/layers/patch_whitening.hpp"
#include "suite/layers/reflect_padding.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::layers {

namespace {

/// Zeros beyond the padding that the last window of an axis reads.
std::int64_t overhang(const Conv2d::Options& o, std::int64_t extent) {
  const std::int64_t rest = (extent + 2 * o.padding - o.filter_size) % o.stride;
  return o.ceil && rest != 0 ? o.stride - rest : 0;
}

class PreparedConv2d : public PreparedLayer {
 public:
  PreparedConv2d(const Conv2d::Options& options, const SampleShape& input, const PrepareOptions& prepare)
      : options_(options),
        reflect_(input, options.padding_mode == PaddingMode::reflect ? options.padding : 0, prepare.samples),
        precision_(prepare.precision),
        sums_bytes_(mirrors() && prepare.wants_grad_input
                        ? aligned(static_cast<std::size_t>(input.size()) * static_cast<std::size_t>(prepare.samples) * sizeof(float))
                        : 0),
        convolution_(kernels::make_convolution(shape_of(options, mirrors() ? reflect_.padded() : input, prepare.samples), prepare.precision,
                                               options.bias, prepare.wants_grad_input)),
        packed_(convolution_->packed_bytes()) {}

  std::size_t scratch_bytes() const override {
    return convolution_->scratch_bytes() + (mirrors() ? reflect_.bytes(precision_) + sums_bytes_ : 0);
  }
  std::size_t packed_bytes() const override { return packed_.size(); }

  void load_weights(std::span<const float* const> parameters) override { convolution_->pack(parameters[0], packed_.data()); }
  std::int64_t load_parts() const override { return convolution_->packing_parts(); }
  void load_part(std::span<const float* const> parameters, std::int64_t part) override {
    convolution_->pack_part(parameters[0], part, packed_.data());
  }

  void forward(const ForwardArgs& args) const override {
    const void* input = args.inputs[0];
    std::byte* scratch = args.scratch;
    if (mirrors()) input = padded_copy(input, scratch);
    convolution_->forward(input, packed_.data(), options_.bias ? args.parameters[1] : nullptr, args.output, scratch);
  }

  void backward(const BackwardArgs& args) const override {
    if (mirrors()) return backward_mirrored(args);
    const bool learns = !args.grad_parameters.empty();
    void* grad_input = args.grad_inputs[0];
    if (learns && grad_input != nullptr)
      convolution_->backward(args.inputs[0], args.grad_output, packed_.data(), args.grad_parameters[0], grad_bias(args), grad_input,
                             args.scratch);
    else if (learns)
      convolution_->backward_weight(args.inputs[0], args.grad_output, args.grad_parameters[0], grad_bias(args), args.scratch);
    else if (grad_input != nullptr)
      convolution_->backward_input(args.grad_output, packed_.data(), grad_input, args.scratch);
  }

 private:
  static kernels::ConvolutionShape shape_of(const Conv2d::Options& o, const SampleShape& input, int samples) {
    return {.samples = samples,
            .in_channels = input.channels,
            .height = input.height,
            .width = input.width,
            .filters = o.filters,
            .filter_height = o.filter_size,
            .filter_width = o.filter_size,
            .stride = o.stride,
            .padding = o.padding_mode == PaddingMode::reflect ? 0 : o.padding,
            .groups = o.groups,
            .more_below = overhang(o, input.height),
            .more_right = overhang(o, input.width)};
  }

  bool mirrors() const { return options_.padding_mode == PaddingMode::reflect && options_.padding > 0; }

  float* grad_bias(const BackwardArgs& args) const { return options_.bias ? args.grad_parameters[1] : nullptr; }

  /// One gradient after the other: the padded input and the gradient of it share their room.
  void backward_mirrored(const BackwardArgs& args) const {
    if (!args.grad_parameters.empty()) {
      std::byte* scratch = args.scratch;
      const void* input = padded_copy(args.inputs[0], scratch);
      convolution_->backward_weight(input, args.grad_output, args.grad_parameters[0], grad_bias(args), scratch);
    }
    if (args.grad_inputs[0] == nullptr) return;
    std::byte* grad_padded = args.scratch;
    float* sums = reinterpret_cast<float*>(args.scratch + reflect_.bytes(precision_));
    convolution_->backward_input(args.grad_output, packed_.data(), grad_padded, args.scratch + reflect_.bytes(precision_) + sums_bytes_);
    reflect_.fold(precision_, grad_padded, args.grad_inputs[0], sums);
  }

  const void* padded_copy(const void* input, std::byte*& scratch) const {
    std::byte* copy = scratch;
    reflect_.pad(precision_, input, copy);
    scratch += reflect_.bytes(precision_);
    return copy;
  }

  Conv2d::Options options_;
  ReflectPadding reflect_;
  Precision precision_;
  std::size_t sums_bytes_;
  std::unique_ptr<kernels::Convolution> convolution_;
  Memory packed_;
};

}  // namespace

SampleShape Conv2d::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& in = only_input(kind(), inputs);
  const auto& o = options_;
  if (o.filters < 1 || o.filter_size < 1 || o.padding < 0 || o.stride < 1)
    throw ShapeError(
        Complaint{"conv2d", "at least one filter, of at least 1x1, padding of at least 0 and a stride of at least 1",
                  fmt::format("{} of {}x{}, padding {}, stride {}", o.filters, o.filter_size, o.filter_size, o.padding, o.stride),
                  "Correct widths, kernels, paddings or strides"});
  if (o.groups < 1 || in.channels % o.groups != 0 || o.filters % o.groups != 0)
    throw ShapeError(Complaint{"conv2d",
                               fmt::format("groups dividing {} input channels {} and {} filters", in.channels, in.text(), o.filters),
                               fmt::format("groups = {}", o.groups), "Choose other groups or widths"});
  if (in.height + 2 * o.padding < o.filter_size || in.width + 2 * o.padding < o.filter_size)
    throw ShapeError(Complaint{"conv2d", fmt::format("an input of at least {0}x{0} after padding {1}", o.filter_size, o.padding), in.text(),
                               "Use a smaller filter or more padding"});
  if (o.padding_mode == PaddingMode::reflect && (o.padding >= in.height || o.padding >= in.width))
    throw ShapeError(Complaint{"conv2d", "reflect padding smaller than the input", fmt::format("padding {} for {}", o.padding, in.text()),
                               "Use less padding"});
  if (o.padding_mode == PaddingMode::reflect && o.ceil)
    throw ShapeError(Complaint{"conv2d", "reflect padding with windows rounded down", "ceil", "Choose one of the two"});
  const auto windows = [&](std::int64_t extent) { return (extent + 2 * o.padding + overhang(o, extent) - o.filter_size) / o.stride + 1; };
  return {windows(in.height), windows(in.width), o.filters};
}

std::vector<ParameterSpec> Conv2d::parameters(std::span<const SampleShape> inputs) const {
  const std::int64_t in = inputs[0].channels / options_.groups, area = options_.filter_size * options_.filter_size;
  Initialisation start{.kind = options_.initialisation,
                       .value = options_.gain,
                       .gain = options_.gain,
                       .fan_in = in * area,
                       .fan_out = options_.filters / options_.groups * area,
                       .identity_filters = options_.identity_filters};
  std::vector<ParameterSpec> specs{{.name = "weight",
                                    .shape = {options_.filters, in, options_.filter_size, options_.filter_size},
                                    .initialisation = start,
                                    .decays = true,
                                    .has_norm_bound = true}};
  if (options_.bias)
    specs.push_back(
        {.name = "bias", .shape = {options_.filters}, .initialisation = {.value = options_.bias_start}, .decays = options_.bias_decays});
  if (options_.whitening_epsilon > 0) {
    if (options_.filters != 2 * in * area || options_.groups != 1)
      throw ShapeError(Complaint{"conv2d that whitens patches",
                                 fmt::format("{} filters in one group for {} values a patch", 2 * in * area, in * area),
                                 fmt::format("{} filters, {} groups", options_.filters, options_.groups), "Set filters"});
    specs[0].rate_multiplier = 0;
    specs[0].has_norm_bound = false;  // a bound would move what stays as it starts
  }
  return specs;
}

void Conv2d::fit(std::span<const float> images, const SampleShape& shape, std::span<float* const> parameters) const {
  const std::vector<float> filters = whitening_filters(images, shape, options_.filter_size, options_.whitening_epsilon);
  std::copy(filters.begin(), filters.end(), parameters[0]);
}

Cost Conv2d::cost(std::span<const SampleShape> inputs) const {
  const std::int64_t macs =
      output_shape(inputs).size() * inputs[0].channels / options_.groups * options_.filter_size * options_.filter_size;
  return {macs, macs, macs};
}

std::vector<Fact> Conv2d::facts() const {
  const bool reflects = options_.padding_mode == PaddingMode::reflect, whitens = options_.whitening_epsilon > 0;
  return {{"filter_size", options_.filter_size, fmt::format(" {0}x{0}", options_.filter_size)},
          {"filters", options_.filters, fmt::format(", {}", options_.filters)},
          {"stride", options_.stride, options_.stride > 1 ? fmt::format(", stride {}", options_.stride) : ""},
          {"padding", options_.padding, options_.padding > 0 ? fmt::format(", pad {}", options_.padding) : ""},
          {"reflects", reflects, options_.padding > 0 && reflects ? " reflect" : ""},
          {"ceil", options_.ceil, options_.ceil ? ", ceil" : ""},
          {"whitens", whitens, whitens ? ", fixed: whitens patches" : ""},
          {"groups", options_.groups, options_.groups > 1 ? fmt::format(", groups {}", options_.groups) : ""}};
}

std::unique_ptr<PreparedLayer> Conv2d::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return std::make_unique<PreparedConv2d>(options_, inputs[0], options);
}

}  // namespace reprise::layers
