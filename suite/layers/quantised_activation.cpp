#include "suite/layers/quantised_activation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "suite/errors.hpp"
#include "suite/layers/float_buffers.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::layers {

namespace {

constexpr std::array<std::pair<std::string_view, ActivationRule>, 3> kRules{
    {{"dorefa", ActivationRule::dorefa}, {"pact", ActivationRule::pact}, {"sign", ActivationRule::sign}}};
constexpr double kSmallestAlpha = 1e-3;

/// clip(x, 0, range) on steps + 1 even levels.
void quantise(const float* in, float range, float steps, std::int64_t count, float* out) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float share = std::min(std::max(in[i], 0.0f), range) / range;
    out[i] = range * (std::nearbyint(steps * share) / steps);
  }
}

template <class T>
class PreparedActivation : public PreparedLayer {
 public:
  PreparedActivation(const QuantisedActivation::Options& options, std::int64_t size, std::int64_t sample)
      : options_(options), size_(size), sample_(sample), steps_(static_cast<float>((1 << options.bits) - 1)) {}

  std::size_t scratch_bytes() const override { return std::is_same_v<T, float> ? 0 : 2 * buffer_bytes(); }

  void forward(const ForwardArgs& args) const override {
    const float* in = read<T>(args.inputs[0], size_, floats(args.scratch));
    float* out = std::is_same_v<T, float> ? static_cast<float*>(args.output) : floats(args.scratch);
    if (options_.rule == ActivationRule::sign)
      for (std::int64_t i = 0; i < size_; ++i) out[i] = in[i] < 0 ? -1.0f : 1.0f;
    else
      quantise(in, range(args.parameters), steps_, size_, out);
    write<T>(out, size_, args.output);
  }

  void backward(const BackwardArgs& args) const override {
    const float* in = read<T>(args.inputs[0], size_, floats(args.scratch));
    std::byte* second = args.scratch + (std::is_same_v<T, float> ? 0 : buffer_bytes());
    const float* grad = read<T>(args.grad_output, size_, floats(second));
    // Before grad_input, which may overwrite grad_output.
    if (options_.rule == ActivationRule::pact && !args.grad_parameters.empty())
      args.grad_parameters[0][0] = grad_alpha(in, grad, args.parameters[0][0], args.shard.valid * sample_);
    if (args.grad_inputs[0] == nullptr) return;
    float* out = std::is_same_v<T, float> ? static_cast<float*>(args.grad_inputs[0]) : floats(second);
    switch (options_.rule) {
      case ActivationRule::dorefa:
        for (std::int64_t i = 0; i < size_; ++i) out[i] = in[i] >= 0 && in[i] <= 1 ? grad[i] : 0.0f;
        break;
      case ActivationRule::pact: {
        const float alpha = args.parameters[0][0];
        for (std::int64_t i = 0; i < size_; ++i) out[i] = in[i] > 0 && in[i] < alpha ? grad[i] : 0.0f;
        break;
      }
      case ActivationRule::sign:
        for (std::int64_t i = 0; i < size_; ++i) out[i] = gate_at(options_.gate, in[i]) * grad[i];
        break;
    }
    write<T>(out, size_, args.grad_inputs[0]);
  }

 private:
  std::size_t buffer_bytes() const { return aligned(static_cast<std::size_t>(size_) * sizeof(float)); }
  float range(std::span<const float* const> parameters) const { return options_.rule == ActivationRule::pact ? parameters[0][0] : 1.0f; }

  /// Of the shard's real samples.
  static float grad_alpha(const float* in, const float* grad, float alpha, std::int64_t count) {
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += in[i] >= alpha ? static_cast<double>(grad[i]) : 0.0;
    return static_cast<float>(sum);
  }

  QuantisedActivation::Options options_;
  std::int64_t size_, sample_;  ///< values of the shard, of a sample
  float steps_;
};

}  // namespace

std::string_view name_of(ActivationRule rule) {
  return std::find_if(kRules.begin(), kRules.end(), [&](const auto& entry) { return entry.second == rule; })->first;
}

ActivationRule activation_rule(std::string_view name) {
  for (const auto& [known, rule] : kRules)
    if (known == name) return rule;
  throw InputError(Complaint{"rule for activations", "one of dorefa, pact, sign", fmt::format("'{}'", name), "Correct the name"});
}

QuantisedActivation::QuantisedActivation(Options options) : options_(options) {
  if (options.bits < 1 || options.bits > 16)
    throw InputError(Complaint{"activations of few bits", "1 to 16 bits", fmt::format("{}", options.bits), "Correct the bits"});
  if (!(options.alpha >= kSmallestAlpha))
    throw InputError(Complaint{"activations of few bits", fmt::format("an alpha of at least {}", kSmallestAlpha),
                               fmt::format("{}", options.alpha), "Correct alpha"});
}

std::vector<ParameterSpec> QuantisedActivation::parameters(std::span<const SampleShape>) const {
  if (options_.rule != ActivationRule::pact) return {};
  return {{.name = "alpha",
           .shape = {1},
           .initialisation = {.kind = Initialisation::Kind::constant, .value = options_.alpha},
           .decays = true,
           .lower = kSmallestAlpha}};
}

std::vector<Fact> QuantisedActivation::facts() const {
  const bool is_sign = options_.rule == ActivationRule::sign, is_pact = options_.rule == ActivationRule::pact;
  std::vector<Fact> facts{
      {"rule", std::string(name_of(options_.rule)), fmt::format(" {}", name_of(options_.rule))},
      {"bits", static_cast<std::int64_t>(is_sign ? 1 : options_.bits), is_sign ? "" : fmt::format(" {} bit", options_.bits)}};
  if (is_sign) facts.push_back({"gate", std::string(name_of(options_.gate)), fmt::format(", gradient {}", name_of(options_.gate))});
  if (is_pact) facts.push_back({"alpha", options_.alpha, fmt::format(", alpha starts at {}", options_.alpha)});
  return facts;
}

std::unique_ptr<PreparedLayer> QuantisedActivation::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  const std::int64_t sample = only_input(kind(), inputs).size();
  return make_prepared<PreparedActivation>(options.precision, options_, sample * options.samples, sample);
}

}  // namespace reprise::layers
