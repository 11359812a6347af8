#include "suite/layers/weight_quantiser.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "suite/errors.hpp"

namespace reprise::layers {

namespace {

/// The entry of a name. Throws InputError listing the names.
template <class Value, std::size_t count>
Value named(const std::array<std::pair<std::string_view, Value>, count>& table, const char* what, std::string_view name) {
  std::vector<std::string_view> known;
  for (const auto& [known_name, value] : table) {
    if (known_name == name) return value;
    known.push_back(known_name);
  }
  throw InputError(Complaint{what, fmt::format("one of {}", fmt::join(known, ", ")), fmt::format("'{}'", name), "Correct the name"});
}

template <class Value, std::size_t count>
std::string_view name_in(const std::array<std::pair<std::string_view, Value>, count>& table, Value value) {
  return std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.second == value; })->first;
}

constexpr std::array<std::pair<std::string_view, WeightRule>, 5> kRules{{{"none", WeightRule::none},
                                                                         {"dorefa", WeightRule::dorefa},
                                                                         {"symmetric", WeightRule::symmetric},
                                                                         {"ternary", WeightRule::ternary},
                                                                         {"sign", WeightRule::sign}}};
constexpr std::array<std::pair<std::string_view, Gate>, 3> kGates{
    {{"identity", Gate::identity}, {"hard_tanh", Gate::hard_tanh}, {"tanh", Gate::tanh}}};

/// Values above 1e30 would be no weights; the largest magnitude of all is 0 only if all are.
template <class Of>
float largest(const float* values, std::int64_t count, Of of) {
  float most = 0;
  for (std::int64_t i = 0; i < count; ++i) most = std::max(most, std::fabs(of(values[i])));
  return most;
}

float mean_magnitude(const float* values, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += std::fabs(static_cast<double>(values[i]));
  return static_cast<float>(sum / static_cast<double>(count));
}

float sign_of(float value) {
  return value < 0 ? -1.0f : 1.0f;
}

/// f and its slopes for one tensor of weights.
class QuantisedWeight : public WeightMap {
 public:
  QuantisedWeight(const WeightQuantiser& quantiser, std::int64_t units, std::int64_t count)
      : quantiser_(quantiser), units_(units), count_(count), unit_(count / units) {}

  std::int64_t effective_count() const override { return count_; }
  std::int64_t kept_count() const override { return has_slopes() ? count_ : 0; }

  void show(std::span<const float* const> parameters, float* effective, float* kept) const override {
    const float* stored = parameters[0];
    if (has_slopes())
      for (std::int64_t i = 0; i < count_; ++i) kept[i] = gate_at(quantiser_.gate, stored[i]);
    switch (quantiser_.rule) {
      case WeightRule::none:
        std::copy_n(stored, count_, effective);
        break;
      case WeightRule::dorefa:
        if (quantiser_.bits == 1)
          show_signs(stored, effective, mean_magnitude(stored, count_), count_);
        else
          show_dorefa(stored, effective, kept);
        break;
      case WeightRule::symmetric:
        show_symmetric(stored, effective);
        break;
      case WeightRule::ternary:
        show_ternary(stored, effective);
        break;
      case WeightRule::sign:
        for (std::int64_t k = 0; k < units_; ++k)
          show_signs(stored + k * unit_, effective + k * unit_, mean_magnitude(stored + k * unit_, unit_), unit_);
        break;
    }
  }

  void pull_back(const float* kept, const float* grad_effective, std::span<float* const> grad_parameters) const override {
    float* grad_stored = grad_parameters[0];
    if (!has_slopes()) {
      std::copy_n(grad_effective, count_, grad_stored);
      return;
    }
    for (std::int64_t i = 0; i < count_; ++i) grad_stored[i] = kept[i] * grad_effective[i];
  }

 private:
  bool is_squashed() const { return quantiser_.rule == WeightRule::dorefa && quantiser_.bits > 1; }
  bool has_slopes() const { return is_squashed() || quantiser_.gate != Gate::identity; }

  static void show_signs(const float* stored, float* effective, float scale, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) effective[i] = scale * sign_of(stored[i]);
  }

  void show_dorefa(const float* stored, float* effective, float* kept) const {
    const float most = largest(stored, count_, [](float w) { return std::tanh(w); });
    const auto steps = static_cast<float>((1 << quantiser_.bits) - 1);
    for (std::int64_t i = 0; i < count_; ++i) {
      const float squashed = std::tanh(stored[i]);
      const float share = most > 0 ? squashed / (2 * most) + 0.5f : 0.5f;
      effective[i] = 2 * (std::nearbyint(steps * share) / steps) - 1;
      kept[i] *= most > 0 ? (1 - squashed * squashed) / most : 1.0f;
    }
  }

  void show_symmetric(const float* stored, float* effective) const {
    const auto steps = static_cast<float>((1 << (quantiser_.bits - 1)) - 1);
    const float scale = largest(stored, count_, [](float w) { return w; }) / steps;
    for (std::int64_t i = 0; i < count_; ++i)
      effective[i] = scale > 0 ? scale * std::clamp(std::nearbyint(stored[i] / scale), -steps, steps) : 0.0f;
  }

  void show_ternary(const float* stored, float* effective) const {
    const float bound = 0.7f * mean_magnitude(stored, count_);
    double sum = 0;
    std::int64_t above = 0;
    for (std::int64_t i = 0; i < count_; ++i)
      if (std::fabs(stored[i]) > bound) sum += std::fabs(static_cast<double>(stored[i])), ++above;
    const float scale = above > 0 ? static_cast<float>(sum / static_cast<double>(above)) : 0.0f;
    for (std::int64_t i = 0; i < count_; ++i) effective[i] = std::fabs(stored[i]) > bound ? scale * sign_of(stored[i]) : 0.0f;
  }

  WeightQuantiser quantiser_;
  std::int64_t units_, count_, unit_;  ///< unit_: weights of one
};

}  // namespace

int WeightQuantiser::stored_bits() const {
  switch (rule) {
    case WeightRule::none:
      return 32;
    case WeightRule::ternary:
      return 2;
    case WeightRule::sign:
      return 1;
    default:
      return bits;
  }
}

const std::vector<std::string_view>& weight_rule_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> list;
    for (const auto& [name, rule] : kRules) list.push_back(name);
    return list;
  }();
  return names;
}

std::string_view name_of(WeightRule rule) {
  return name_in(kRules, rule);
}
WeightRule weight_rule(std::string_view name) {
  return named(kRules, "rule for weights", name);
}
std::string_view name_of(Gate gate) {
  return name_in(kGates, gate);
}
Gate gate_named(std::string_view name) {
  return named(kGates, "straight-through estimator", name);
}

float gate_at(Gate gate, float x) {
  switch (gate) {
    case Gate::hard_tanh:
      return std::fabs(x) <= 1 ? 1.0f : 0.0f;
    case Gate::tanh: {
      const float squashed = std::tanh(x);
      return 1 - squashed * squashed;
    }
    default:
      return 1;
  }
}

std::unique_ptr<const WeightMap> weight_map(const WeightQuantiser& quantiser, std::int64_t units, std::int64_t count) {
  const int fewest = quantiser.rule == WeightRule::symmetric ? 2 : 1;
  if (quantiser.bits < fewest || quantiser.bits > 16)
    throw InputError(Complaint{fmt::format("weights under rule {}", name_of(quantiser.rule)), fmt::format("{} to 16 bits", fewest),
                               fmt::format("{}", quantiser.bits), "Correct the bits"});
  return std::make_unique<QuantisedWeight>(quantiser, units, count);
}

}  // namespace reprise::layers
