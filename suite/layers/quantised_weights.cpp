#include "suite/layers/quantised_weights.hpp"

#include <fmt/format.h>

#include <utility>

#include "suite/errors.hpp"

namespace reprise::layers {

std::vector<ParameterSpec> QuantisedWeights::parameters(std::span<const SampleShape> inputs) const {
  std::vector<ParameterSpec> specs = options_.inner->parameters(inputs);
  if (specs.empty() || specs[0].name != "weight")
    throw InputError(Complaint{"quantised weights", "a layer whose first parameter is its weight",
                               fmt::format("a {}", options_.inner->kind()), "Quantise convolutions and dense layers"});
  if (options_.clips) specs[0].lower = -1, specs[0].upper = 1;
  return specs;
}

std::vector<Fact> QuantisedWeights::facts() const {
  const WeightQuantiser& q = options_.quantiser;
  const bool has_bits = q.rule == WeightRule::dorefa || q.rule == WeightRule::symmetric;
  std::vector<Fact> facts{
      {"rule", std::string(name_of(q.rule)), fmt::format(" {}", name_of(q.rule))},
      {"bits", static_cast<std::int64_t>(q.stored_bits()), has_bits ? fmt::format(" {} bit", q.bits) : ""},
      {"gate", std::string(name_of(q.gate)), q.gate == Gate::identity ? "" : fmt::format(", gradient {}", name_of(q.gate))},
      {"clips", options_.clips, options_.clips ? ", clipped" : ""},
      {"inner", std::string(options_.inner->kind()), fmt::format(": {}", options_.inner->kind())}};
  for (Fact& fact : options_.inner->facts()) facts.push_back(std::move(fact));
  return facts;
}

std::unique_ptr<PreparedLayer> QuantisedWeights::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  std::vector<std::unique_ptr<const WeightMap>> maps;
  for (const ParameterSpec& spec : parameters(inputs))
    maps.push_back(weight_map(maps.empty() ? options_.quantiser : WeightQuantiser{}, spec.shape[0], spec.count()));
  return with_effective_weights(options_.inner->prepare(inputs, options), std::move(maps));
}

}  // namespace reprise::layers
