#include "suite/layers/log_avg_exp_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"
#include "suite/layers/pooling_windows.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::layers {

namespace {

constexpr double kLowestTemperature = 1e-3, kHighestTemperature = 1e3;

PoolingWindows windows_of(const LogAvgExpPool::Options& o) {
  return {"log_avg_exp_pool", o.window, o.stride, o.padding, o.ceil};
}

template <class T>
class PreparedLogAvgExpPool : public PreparedLayer {
 public:
  PreparedLogAvgExpPool(const LogAvgExpPool::Options& options, const kernels::WindowGeometry& geometry, int samples)
      : options_(options),
        geometry_(geometry),
        samples_(samples),
        input_size_(geometry.height * geometry.width * geometry.channels),
        output_size_(geometry.out_height * geometry.out_width * geometry.channels) {}

  /// The maximum of each window, then its sum of exponentials.
  std::size_t saved_bytes() const override { return static_cast<std::size_t>(2 * samples_ * output_size_) * sizeof(float); }

  /// Temperatures; sums of tau's gradient; sums of overlapping windows where gradients are not stored in float32.
  std::size_t scratch_bytes() const override {
    return temperature_bytes() + grad_tau_bytes() + (adds_in_scratch() ? static_cast<std::size_t>(input_size_) * sizeof(float) : 0);
  }

  void forward(const ForwardArgs& args) const override {
    const float* temperature = temperatures(args.parameters, args.scratch);
    for (int n = 0; n < samples_; ++n)
      vector_of<T>().log_avg_exp(typed<T>(args.inputs[0]) + n * input_size_, geometry_, temperature, options_.subtract_count,
                                 typed<T>(args.output) + n * output_size_, maximum(args.saved, n), total(args.saved, n));
  }

  void backward(const BackwardArgs& args) const override {
    const bool wants_grad_tau = options_.learned && !args.grad_parameters.empty();
    if (args.grad_inputs[0] == nullptr && !wants_grad_tau) return;
    const float* temperature = temperatures(args.parameters, args.scratch);
    auto* grad_tau = reinterpret_cast<double*>(args.scratch + temperature_bytes());
    std::fill_n(grad_tau, geometry_.channels, 0.0);
    for (int n = 0; n < samples_; ++n) {
      T* grad_input = args.grad_inputs[0] == nullptr ? nullptr : typed<T>(args.grad_inputs[0]) + n * input_size_;
      auto* sums = reinterpret_cast<float*>(adds_in_scratch() ? args.scratch + temperature_bytes() + grad_tau_bytes()
                                                              : reinterpret_cast<std::byte*>(grad_input));
      vector_of<T>().log_avg_exp_grad(typed<T>(args.inputs[0]) + n * input_size_, typed<T>(args.grad_output) + n * output_size_,
                                      maximum(args.saved, n), total(args.saved, n), geometry_, temperature, options_.subtract_count,
                                      grad_input, sums, wants_grad_tau ? grad_tau : nullptr);
    }
    if (wants_grad_tau) store_grad_tau(grad_tau, args.grad_parameters[0]);
  }

 private:
  std::size_t temperature_bytes() const { return aligned(static_cast<std::size_t>(geometry_.channels) * sizeof(float)); }
  std::size_t grad_tau_bytes() const { return aligned(static_cast<std::size_t>(geometry_.channels) * sizeof(double)); }
  bool adds_in_scratch() const { return sizeof(T) != sizeof(float) && !geometry_.disjoint(); }

  /// Null when nothing is kept for a backward pass.
  float* maximum(std::byte* saved, int n) const { return saved == nullptr ? nullptr : reinterpret_cast<float*>(saved) + n * output_size_; }
  float* total(std::byte* saved, int n) const { return saved == nullptr ? nullptr : maximum(saved, n) + samples_ * output_size_; }

  /// One temperature a channel, written to scratch.
  const float* temperatures(std::span<const float* const> parameters, std::byte* scratch) const {
    auto* temperature = reinterpret_cast<float*>(scratch);
    for (std::int64_t c = 0; c < geometry_.channels; ++c) {
      if (!options_.learned)
        temperature[c] = static_cast<float>(options_.initial_temperature);
      else
        temperature[c] = c > 0 && !options_.per_channel ? temperature[0] : std::exp(parameters[0][c]);
    }
    return temperature;
  }

  void store_grad_tau(const double* sums, float* grad_tau) const {
    if (options_.per_channel) {
      for (std::int64_t c = 0; c < geometry_.channels; ++c) grad_tau[c] = static_cast<float>(sums[c]);
      return;
    }
    double sum = 0;
    for (std::int64_t c = 0; c < geometry_.channels; ++c) sum += sums[c];
    grad_tau[0] = static_cast<float>(sum);
  }

  LogAvgExpPool::Options options_;
  kernels::WindowGeometry geometry_;
  int samples_;
  std::int64_t input_size_, output_size_;  // values of one sample
};

}  // namespace

LogAvgExpPool::LogAvgExpPool(Options options) : options_(options) {
  windows_of(options_).check();
  const double t = options_.initial_temperature;
  if (!(t >= kLowestTemperature && t <= kHighestTemperature))
    throw InputError(
        Complaint{"log_avg_exp_pool initial_temperature", "0.001 to 1000", fmt::format("{}", t), "change the model's options"});
}

SampleShape LogAvgExpPool::output_shape(std::span<const SampleShape> inputs) const {
  return windows_of(options_).output_shape(inputs);
}

std::vector<ParameterSpec> LogAvgExpPool::parameters(std::span<const SampleShape> inputs) const {
  if (!options_.learned) return {};
  ParameterSpec tau;
  tau.name = "tau";
  tau.logarithm_of = "temperature";
  tau.shape = {options_.per_channel ? only_input(kind(), inputs).channels : 1};
  tau.initialisation = {.kind = Initialisation::Kind::constant, .value = std::log(options_.initial_temperature)};
  tau.lower = std::log(kLowestTemperature);
  tau.upper = std::log(kHighestTemperature);
  return {tau};
}

std::vector<Fact> LogAvgExpPool::facts() const {
  std::vector<Fact> facts = windows_of(options_).facts();
  const bool per_channel = options_.learned && options_.per_channel;
  facts.push_back({"learned", options_.learned, options_.learned ? ", learned from" : ", fixed"});
  facts.push_back({"temperature", options_.initial_temperature, fmt::format(" t = {}", options_.initial_temperature)});
  facts.push_back({"per_channel", per_channel, per_channel ? " per channel" : ""});
  facts.push_back({"subtract_count", options_.subtract_count, options_.subtract_count ? "" : ", count not subtracted"});
  return facts;
}

std::unique_ptr<PreparedLayer> LogAvgExpPool::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  return make_prepared<PreparedLogAvgExpPool>(options.precision, options_, windows_of(options_).geometry(inputs), options.samples);
}

}  // namespace reprise::layers
