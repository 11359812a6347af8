#include "suite/layers/clustered_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "suite/errors.hpp"
#include "suite/layers/effective_weights.hpp"
#include "suite/layers/weight_quantiser.hpp"

namespace reprise::layers {

namespace {

constexpr std::int64_t kMaxValues = 65'536;

/// (codebook, cluster) -> weight.
class SharedValues : public WeightMap {
 public:
  SharedValues(std::int64_t values, std::int64_t count) : values_(values), count_(count) {}

  std::size_t stored_parameters() const override { return 2; }
  std::int64_t effective_count() const override { return count_; }
  std::int64_t kept_count() const override { return count_; }

  /// Keeps which value a weight learns for; -1: none.
  void show(std::span<const float* const> stored, float* effective, float* kept) const override {
    const auto last = static_cast<float>(values_ - 1);
    for (std::int64_t i = 0; i < count_; ++i) {
      const float cluster = std::clamp(std::nearbyint(stored[1][i]), 0.0f, last);
      effective[i] = stored[0][static_cast<std::size_t>(cluster)];
      kept[i] = effective[i] == 0 ? -1.0f : cluster;
    }
  }

  /// In double, in kLanes sums for each value: weight after weight of one value need not wait for each other.
  void pull_back(const float* kept, const float* grad_effective, std::span<float* const> grad_stored) const override {
    constexpr std::int64_t kLanes = 4;
    thread_local std::vector<std::array<double, kLanes>> sums;
    sums.assign(static_cast<std::size_t>(values_) + 1, {});  // in front: of weights that do not learn
    for (std::int64_t i = 0; i < count_; ++i)
      sums[static_cast<std::size_t>(kept[i] + 1)][static_cast<std::size_t>(i % kLanes)] += static_cast<double>(grad_effective[i]);
    for (std::int64_t j = 0; j < values_; ++j) {
      const auto& lanes = sums[static_cast<std::size_t>(j) + 1];
      grad_stored[0][j] = static_cast<float>((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]));
    }
  }

 private:
  std::int64_t values_, count_;
};

}  // namespace

ClusteredWeights::ClusteredWeights(Options options) : options_(std::move(options)) {
  if (options_.values < 2 || options_.values > kMaxValues)
    throw InputError(Complaint{"clustered weights", fmt::format("2 to {} values", kMaxValues), fmt::format("{}", options_.values),
                               "Correct the number"});
}

int ClusteredWeights::stored_bits() const {
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(options_.values - 1)));
}

std::vector<ParameterSpec> ClusteredWeights::parameters(std::span<const SampleShape> inputs) const {
  std::vector<ParameterSpec> specs = options_.inner->parameters(inputs);
  if (specs.empty() || specs[0].name != "weight")
    throw InputError(Complaint{"clustered weights", "a layer whose first parameter is its weight",
                               fmt::format("a {}", options_.inner->kind()), "Cluster convolutions and dense layers"});
  ParameterSpec codebook{.name = "codebook", .shape = {options_.values}, .initialisation = specs[0].initialisation};
  codebook.initialisation.identity_filters = false;
  codebook.rate_multiplier = specs[0].rate_multiplier;
  const auto last = static_cast<double>(options_.values - 1);
  ParameterSpec cluster{.name = "cluster",
                        .shape = specs[0].shape,
                        .initialisation = {.kind = Initialisation::Kind::positive_uniform, .gain = last, .fan_in = 3},  // U[0, k - 1)
                        .trains = false};
  specs[0] = std::move(codebook);
  specs.insert(specs.begin() + 1, std::move(cluster));
  return specs;
}

std::vector<Fact> ClusteredWeights::facts() const {
  std::vector<Fact> facts{{"values", options_.values, fmt::format(" {} values", options_.values)},
                          {"inner", std::string(options_.inner->kind()), fmt::format(": {}", options_.inner->kind())}};
  for (Fact& fact : options_.inner->facts()) facts.push_back(std::move(fact));
  return facts;
}

std::unique_ptr<PreparedLayer> ClusteredWeights::prepare(std::span<const SampleShape> inputs, const PrepareOptions& options) const {
  const std::vector<ParameterSpec> specs = parameters(inputs);
  std::vector<std::unique_ptr<const WeightMap>> maps;
  maps.push_back(std::make_unique<SharedValues>(options_.values, specs[1].count()));
  for (std::size_t p = 2; p < specs.size(); ++p) maps.push_back(weight_map({}, specs[p].shape[0], specs[p].count()));
  return with_effective_weights(options_.inner->prepare(inputs, options), std::move(maps));
}

}  // namespace reprise::layers
