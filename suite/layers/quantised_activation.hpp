#pragma once

#include "suite/layers/weight_quantiser.hpp"

namespace reprise::layers {

enum class ActivationRule { dorefa, pact, sign };
std::string_view name_of(ActivationRule rule);
/// Throws InputError listing the names.
ActivationRule activation_rule(std::string_view name);

/// Activations of few bits, elementwise; q(r) = round((2^k - 1) r) / (2^k - 1) for r in [0, 1], halves to even.
///
///   dorefa  output = q(clip(input, 0, 1));                slope 1 where 0 <= input <= 1, else 0
///   pact    output = alpha q(clip(input, 0, alpha) / alpha);  slope 1 where 0 < input < alpha, else 0; by alpha 1 where input >= alpha
///   sign    output = input < 0 ? -1 : 1;                  slope by `gate`
///
///   input, output [N, H, W, C];   alpha [1] (pact alone), which starts at `alpha`, decays and stays at least 1e-3
///
/// backward() overwrites grad_input and grad_alpha. Does not couple samples. Throws InputError for bits outside 1 to 16 and an alpha that
/// is not positive. Sources: Zhou et al. 2016, section 2.4 (arXiv 1606.06160); Choi et al. 2018, section 3 (arXiv 1805.06085); Hubara et
/// al. 2016, section 1 (arXiv 1602.02830).
class QuantisedActivation : public Layer {
 public:
  struct Options {
    ActivationRule rule = ActivationRule::dorefa;
    int bits = 8;                 ///< sign has 1
    Gate gate = Gate::hard_tanh;  ///< sign alone
    double alpha = 6;             ///< pact alone
  };
  explicit QuantisedActivation(Options options);
  const Options& options() const { return options_; }

  std::string_view kind() const override { return "quantised_activation"; }
  std::vector<ParameterSpec> parameters(std::span<const SampleShape> inputs) const override;
  Needs needs() const override { return {.input = true}; }
  bool backward_in_place() const override { return true; }
  std::vector<Fact> facts() const override;
  std::unique_ptr<PreparedLayer> prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const override;

 private:
  Options options_;
};

}  // namespace reprise::layers
