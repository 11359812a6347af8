#include "suite/layers/batch_norm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

namespace {

/// Rows of the coupled floats, C values each.
enum Row { kMean, kInverseDeviation, kScale, kShift, kGradInput, kGradConstant, kRows };

template <class T>
class PreparedBatchNorm : public PreparedLayer {
 public:
  PreparedBatchNorm(const BatchNorm::Options& options, const SampleShape& shape, const PrepareOptions& prepare)
      : options_(options),
        positions_(shape.positions() * options.orientations),
        channels_(shape.channels / options.orientations),
        samples_(prepare.samples),
        parts_(prepare.parts) {
    if (parts_.empty() || options.orientations > 1) parts_ = {channels_};
  }

  int statistics() const override { return static_cast<int>(2 * channels_); }
  int grad_statistics() const override { return static_cast<int>(2 * channels_); }
  std::size_t coupled_floats() const override { return static_cast<std::size_t>(kRows * channels_); }
  /// The running statistics as an affine map (center, scale, shift), or a part of the input.
  std::size_t scratch_bytes() const override {
    const std::size_t part = parts_.size() > 1 ? static_cast<std::size_t>(rows() * *std::max_element(parts_.begin(), parts_.end())) : 0;
    return std::max(static_cast<std::size_t>(3 * channels_) * sizeof(float), part * sizeof(T));
  }
  bool has_channel_statistics() const override { return options_.orientations == 1; }

  void shard_statistics(const ForwardArgs& args, double* sums) const override {
    const std::int64_t valid = args.shard.valid * positions_, pitch = input_pitch(args.input_pitch);
    const T* part = typed<T>(args.inputs[0]);
    for (const std::int64_t width : parts_) {
      const T* values = part;
      if (pitch != width) {
        T* copy = reinterpret_cast<T*>(args.scratch);
        for (std::int64_t row = 0; row < valid; ++row) std::copy_n(part + row * pitch, width, copy + row * width);
        values = copy;
      }
      vector_of<T>().sums(values, valid, width, sums, sums + width);
      part += width, sums += 2 * width;
    }
  }

  void finish_forward(const double* sums, std::int64_t count, std::span<const float* const> parameters, std::span<float* const> states,
                      float* coupled) const override {
    const double values = static_cast<double>(count * positions_);
    std::size_t part = 0;
    for (std::int64_t c = 0, in_part = 0; c < channels_; ++c, ++in_part) {
      if (in_part == parts_[part]) sums += 2 * parts_[part++], in_part = 0;
      const double mean = sums[in_part] / values;
      const double variance = std::max(0.0, sums[parts_[part] + in_part] / values - mean * mean);
      const double inverse = 1.0 / std::sqrt(variance + options_.epsilon);
      row(coupled, kMean)[c] = static_cast<float>(mean);
      row(coupled, kInverseDeviation)[c] = static_cast<float>(inverse);
      row(coupled, kScale)[c] = static_cast<float>(inverse * gamma(parameters, c));
      row(coupled, kShift)[c] = beta(parameters, c);
      blend(states[0][c], mean);
      blend(states[1][c], values > 1 ? variance * values / (values - 1) : variance);
    }
  }

  void forward(const ForwardArgs& args) const override {
    const T* input = typed<T>(args.inputs[0]);
    T* output = typed<T>(args.output);
    const std::int64_t pitch = input_pitch(args.input_pitch);
    if (args.shard.mode == Mode::train) {
      vector_of<T>().affine(input, pitch, output, rows(), channels_, row(args.coupled, kMean), row(args.coupled, kScale),
                            row(args.coupled, kShift), false);
      return;
    }
    const float* running = running_map(args.parameters, args.scratch);
    vector_of<T>().affine(input, pitch, output, rows(), channels_, running, running + channels_, running + 2 * channels_, false);
  }

  void shard_grad_statistics(const BackwardArgs& args, double* sums) const override {
    vector_of<T>().grad_sums(typed<T>(args.grad_output), typed<T>(args.inputs[0]), input_pitch(args.input_pitch),
                             args.shard.valid * positions_, channels_, row(args.coupled, kMean), row(args.coupled, kInverseDeviation), sums,
                             sums + channels_);
  }

  void finish_backward(const double* sums, std::int64_t count, std::span<const float* const>, std::span<float* const> grad_parameters,
                       float* coupled) const override {
    const double values = static_cast<double>(count * positions_);
    for (std::int64_t c = 0; c < channels_; ++c) {
      const double grad_beta = sums[c], grad_gamma = sums[channels_ + c];
      const double scale = static_cast<double>(row(coupled, kScale)[c]);
      row(coupled, kGradInput)[c] =
          static_cast<float>(-scale * static_cast<double>(row(coupled, kInverseDeviation)[c]) * grad_gamma / values);
      row(coupled, kGradConstant)[c] = static_cast<float>(-scale * grad_beta / values);
      if (!options_.affine || grad_parameters.empty() || grad_parameters[0] == nullptr) continue;
      if (has_gamma()) grad_parameters[0][c] = static_cast<float>(grad_gamma);
      grad_parameters[beta_at()][c] = static_cast<float>(grad_beta);
    }
  }

  void backward(const BackwardArgs& args) const override {
    if (args.grad_inputs[0] == nullptr) return;
    const T* grad_output = typed<T>(args.grad_output);
    T* grad_input = typed<T>(args.grad_inputs[0]);
    if (args.shard.mode != Mode::train) {
      // The map is fixed, so its gradient is the scale: center and shift are zero.
      float* running = running_map(args.parameters, args.scratch);
      std::fill_n(running, channels_, 0.0f);
      std::fill_n(running + 2 * channels_, channels_, 0.0f);
      vector_of<T>().affine(grad_output, channels_, grad_input, rows(), channels_, running, running + channels_, running + 2 * channels_,
                            false);
      return;
    }
    const std::int64_t valid = args.shard.valid * positions_;
    vector_of<T>().norm_grad(grad_output, typed<T>(args.inputs[0]), input_pitch(args.input_pitch), grad_input, valid, channels_,
                             row(args.coupled, kMean), row(args.coupled, kScale), row(args.coupled, kGradInput),
                             row(args.coupled, kGradConstant));
    std::memset(grad_input + valid * channels_, 0, static_cast<std::size_t>((rows() - valid) * channels_) * sizeof(T));
  }

 private:
  std::int64_t rows() const { return samples_ * positions_; }
  std::int64_t input_pitch(std::int64_t given) const { return given > 0 ? given : channels_; }
  const float* row(const float* coupled, Row index) const { return coupled + index * channels_; }
  float* row(float* coupled, Row index) const { return coupled + index * channels_; }
  bool has_gamma() const { return options_.affine && !options_.fixed_gamma; }
  std::size_t beta_at() const { return has_gamma() ? 1 : 0; }
  float gamma(std::span<const float* const> parameters, std::int64_t c) const { return has_gamma() ? parameters[0][c] : 1.0f; }
  float beta(std::span<const float* const> parameters, std::int64_t c) const { return options_.affine ? parameters[beta_at()][c] : 0.0f; }

  void blend(float& state, double value) const {
    state = static_cast<float>((1.0 - options_.momentum) * static_cast<double>(state) + options_.momentum * value);
  }

  /// Center, scale and shift of the running statistics, in scratch.
  float* running_map(std::span<const float* const> parameters, std::byte* scratch) const {
    auto* map = reinterpret_cast<float*>(scratch);
    const std::size_t first_state = options_.affine ? beta_at() + 1 : 0;
    for (std::int64_t c = 0; c < channels_; ++c) {
      map[c] = parameters[first_state][c];
      const double variance = static_cast<double>(parameters[first_state + 1][c]);
      map[channels_ + c] = static_cast<float>(gamma(parameters, c) / std::sqrt(variance + options_.epsilon));
      map[2 * channels_ + c] = beta(parameters, c);
    }
    return map;
  }

  BatchNorm::Options options_;
  std::int64_t positions_, channels_;  ///< an orientation counts as a position
  int samples_;
  std::vector<std::int64_t> parts_;  ///< channels of each
};

}  // namespace

BatchNorm::BatchNorm(Options options) : options_(options) {
  if (!(options_.momentum > 0 && options_.momentum <= 1))
    throw InputError(Complaint{"batch_norm momentum", "above 0, at most 1", fmt::format("{}", options_.momentum),
                               "it is the weight of the newest batch"});
  if (!(options_.beta_rate > 0))
    throw InputError(
        Complaint{"batch_norm rate of beta", "above 0", fmt::format("{}", options_.beta_rate), "1 is that of the other weights"});
  if (!(options_.epsilon > 0))
    throw InputError(Complaint{"batch_norm epsilon", "above 0", fmt::format("{}", options_.epsilon), "use 1e-5"});
  if (options_.orientations < 1)
    throw InputError(
        Complaint{"batch_norm orientations", "1 or more", fmt::format("{}", options_.orientations), "1 is that of maps on the plane"});
}

SampleShape BatchNorm::output_shape(std::span<const SampleShape> inputs) const {
  const SampleShape& input = only_input(kind(), inputs);
  if (input.channels % options_.orientations != 0)
    throw ShapeError(Complaint{"batch_norm", fmt::format("channels of {} orientations", options_.orientations),
                               fmt::format("{} channels {}", input.channels, input.text()),
                               "Give as many orientations as the convolution before it has"});
  return input;
}

std::vector<ParameterSpec> BatchNorm::parameters(std::span<const SampleShape> inputs) const {
  const std::int64_t channels = only_input(kind(), inputs).channels / options_.orientations;
  const auto spec = [&](const char* name, double value, bool trains) {
    ParameterSpec result;
    result.name = name;
    result.shape = {channels};
    result.initialisation = {.kind = Initialisation::Kind::constant, .value = value};
    result.trains = trains;
    result.decays = trains && options_.decays;
    return result;
  };
  std::vector<ParameterSpec> specs;
  if (options_.affine && !options_.fixed_gamma) specs.push_back(spec("gamma", 1, true));
  if (options_.affine) {
    specs.push_back(spec("beta", 0, true));
    specs.back().rate_multiplier = options_.beta_rate;
    specs.back().decay_multiplier = 1 / options_.beta_rate;
  }
  specs.push_back(spec("running_mean", 0, false));
  specs.push_back(spec("running_var", 1, false));
  return specs;
}

std::vector<Fact> BatchNorm::facts() const {
  const char* without = !options_.affine ? " without gamma and beta" : options_.fixed_gamma ? " without gamma" : "";
  const auto unusual = [](const char* name, double value, double usual) {
    return Fact{name, value, value == usual ? "" : fmt::format(", {} {}", name, value)};
  };
  return {
      {"affine", options_.affine, without},
      {"fixed_gamma", options_.fixed_gamma, ""},
      unusual("epsilon", options_.epsilon, Options().epsilon),
      unusual("momentum", options_.momentum, Options().momentum),
      {"orientations", options_.orientations, options_.orientations > 1 ? fmt::format(", {} orientations", options_.orientations) : ""}};
}

std::unique_ptr<PreparedLayer> BatchNorm::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedBatchNorm>(options.precision, options_, only_input(kind(), inputs), options);
}

}  // namespace reprise::layers
