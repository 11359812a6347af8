#include "suite/layers/soft_hebb_conv2d.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "suite/errors.hpp"
#include "suite/kernels/convolution.hpp"
#include "suite/layers/layer_checks.hpp"
#include "suite/layers/reflect_padding.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::layers {

namespace {

template <class T>
class PreparedSoftHebb : public PreparedPlastic {
 public:
  PreparedSoftHebb(const SoftHebbConv2d::Options& options, const Conv2d& layer, const SampleShape& input, const SampleShape& output,
                   const PrepareOptions& prepare)
      : options_(options),
        positions_(output.positions()),
        channels_(output.channels),
        samples_(prepare.samples),
        precision_(prepare.precision),
        reflect_(input, options.padding, prepare.samples),
        product_(kernels::make_convolution({.samples = prepare.samples,
                                            .in_channels = input.channels,
                                            .height = reflect_.padded().height,
                                            .width = reflect_.padded().width,
                                            .filters = options.filters,
                                            .filter_height = options.filter_size,
                                            .filter_width = options.filter_size},
                                           prepare.precision, false, false)),
        convolution_(layer.prepare(std::span(&input, 1), prepare)) {}

  std::size_t scratch_bytes() const override {
    const std::size_t plastic =
        product_->scratch_bytes() + padded_bytes() + responses_bytes() + aligned(static_cast<std::size_t>(channels_) * sizeof(float));
    return std::max(plastic, convolution_->scratch_bytes() + (options_.triangle_first ? responses_bytes() : 0));
  }
  std::size_t packed_bytes() const override { return convolution_->packed_bytes(); }
  void load_weights(std::span<const float* const> parameters) override { convolution_->load_weights(parameters); }
  std::int64_t load_parts() const override { return convolution_->load_parts(); }
  void load_part(std::span<const float* const> parameters, std::int64_t part) override { convolution_->load_part(parameters, part); }

  void forward(const ForwardArgs& args) const override {
    convolution_->forward(args);
    if (options_.triangle_first)
      vector_of<T>().triangle(typed<T>(args.output), typed<T>(args.output), samples_ * positions_, channels_, 1.0f);
  }

  void backward(const BackwardArgs& args) const override {
    if (!options_.triangle_first) return convolution_->backward(args);
    BackwardArgs inner = args;
    T* grad = reinterpret_cast<T*>(args.scratch);
    vector_of<T>().triangle_grad(typed<T>(args.output), typed<T>(args.grad_output), grad, samples_ * positions_, channels_, 1.0f);
    inner.grad_output = grad;
    inner.scratch = args.scratch + responses_bytes();
    convolution_->backward(inner);
  }

  std::int64_t neurons() const override { return channels_; }
  std::int64_t change_floats() const override { return product_->gradient_floats(); }
  std::int64_t row_unit() const override { return product_->row_unit(); }

  void shard_change(const ForwardArgs& args, float* change, double* moments) const override {
    std::byte* scratch = args.scratch;
    T* responses = reinterpret_cast<T*>(scratch);
    scratch += responses_bytes();
    float* row = reinterpret_cast<float*>(scratch);
    scratch += aligned(static_cast<std::size_t>(channels_) * sizeof(float));
    const void* input = args.inputs[0];
    if (options_.padding > 0) {
      reflect_.pad(precision_, input, scratch);
      input = scratch;
      scratch += padded_bytes();
    }
    const std::int64_t rows = args.shard.valid * positions_;
    std::fill(moments, moments + channels_, 0.0);
    vector_of<T>().compete(typed<T>(args.output), rows, channels_, options_.competition, responses, moments, row);
    std::memset(responses + rows * channels_, 0, static_cast<std::size_t>((samples_ * positions_ - rows) * channels_) * sizeof(T));
    product_->backward_weight_packed(input, responses, change, scratch);
  }

  void unpack_rows(const float* change, std::int64_t unit, float* rows) const override { product_->unpack_rows(change, unit, rows); }

 private:
  std::size_t responses_bytes() const { return aligned(static_cast<std::size_t>(samples_ * positions_ * channels_) * sizeof(T)); }
  std::size_t padded_bytes() const { return options_.padding > 0 ? reflect_.bytes(precision_) : 0; }

  SoftHebbConv2d::Options options_;
  std::int64_t positions_, channels_, samples_;
  Precision precision_;
  ReflectPadding reflect_;
  std::unique_ptr<kernels::Convolution> product_;  ///< for the correlation of responses and input, which is a weight gradient in form
  std::unique_ptr<PreparedLayer> convolution_;
};

Conv2d::Options convolution_of(const SoftHebbConv2d::Options& options) {
  return {.filters = options.filters,
          .filter_size = options.filter_size,
          .padding = options.padding,
          .padding_mode = PaddingMode::reflect,
          .bias = false,
          .initialisation = options.positive_start ? Initialisation::Kind::positive_uniform : Initialisation::Kind::fan_in_normal,
          .gain = options.radius};
}

}  // namespace

SoftHebbConv2d::SoftHebbConv2d(Options options) : options_(options), convolution_(convolution_of(options)) {
  const auto require = [](bool holds, const char* what, const char* expected, double found) {
    if (!holds)
      throw InputError(
          Complaint{fmt::format("soft_hebb_conv2d {}", what), expected, fmt::format("{}", found), "change the model's options"});
  };
  require(options.competition.inverse_temperature > 0, "inverse_temperature", "above 0",
          static_cast<double>(options.competition.inverse_temperature));
  require(options.radius > 0, "radius", "above 0", options.radius);
  require(options.plasticity.rate >= 0, "rate", "0 or more", options.plasticity.rate);
}

Cost SoftHebbConv2d::cost(std::span<const SampleShape> inputs) const {
  Cost cost = convolution_.cost(inputs);
  cost.grad_input_macs = 0;
  if (options_.plasticity.rate == 0) cost.grad_weight_macs = 0;
  return cost;
}

std::vector<Fact> SoftHebbConv2d::facts() const {
  const bool learns = options_.plasticity.rate != 0, soft = options_.competition.soft, unlearn = options_.competition.losers_unlearn;
  const float t = options_.competition.inverse_temperature;
  return {{"filter_size", options_.filter_size, fmt::format(" {0}x{0}", options_.filter_size)},
          {"filters", options_.filters, fmt::format(", {}", options_.filters)},
          {"padding", options_.padding, options_.padding > 0 ? fmt::format(", pad {} reflect", options_.padding) : ""},
          {"soft", soft, learns && !soft ? ", hard" : ""},
          {"inverse_temperature", t, learns && soft ? fmt::format(", t {}", t) : ""},
          {"losers_unlearn", unlearn, learns && soft && !unlearn ? ", losers learn" : ""},
          {"rate", options_.plasticity.rate, learns ? fmt::format(", rate {}", options_.plasticity.rate) : ", fixed"},
          {"falls", options_.plasticity.falls, learns && options_.plasticity.falls ? " falling" : ""},
          {"triangle_first", options_.triangle_first, options_.triangle_first ? ", triangle first" : ""}};
}

std::unique_ptr<PreparedPlastic> SoftHebbConv2d::prepare_plastic(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  const SampleShape& input = only_input(kind(), inputs);
  if (options.precision == Precision::f32)
    return std::make_unique<PreparedSoftHebb<float>>(options_, convolution_, input, output_shape(inputs), options);
  return std::make_unique<PreparedSoftHebb<kernels::bf16>>(options_, convolution_, input, output_shape(inputs), options);
}

std::unique_ptr<PreparedLayer> SoftHebbConv2d::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return prepare_plastic(inputs, options);
}

}  // namespace reprise::layers
