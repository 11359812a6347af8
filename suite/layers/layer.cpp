#include "suite/layers/layer.hpp"

#include <array>
#include <utility>

#include "suite/errors.hpp"
#include "suite/layers/layer_checks.hpp"

namespace reprise::layers {

Initialisation::Kind initialisation_kind(std::string_view name) {
  using Kind = Initialisation::Kind;
  static constexpr std::array<std::pair<std::string_view, Kind>, 5> kKinds{{{"he_normal", Kind::he_normal},
                                                                            {"xavier_uniform", Kind::xavier_uniform},
                                                                            {"fan_in_normal", Kind::fan_in_normal},
                                                                            {"fan_in_uniform", Kind::fan_in_uniform},
                                                                            {"normal", Kind::normal}}};
  for (const auto& [known, kind] : kKinds)
    if (known == name) return kind;
  throw InputError(Complaint{"initialisation", "he_normal, xavier_uniform, fan_in_normal, fan_in_uniform or normal",
                             "'" + std::string(name) + "'", "Use one of the known names"});
}

std::int64_t ParameterSpec::count() const {
  std::int64_t product = 1;
  for (const std::int64_t extent : shape) product *= extent;
  return product;
}

std::string words_of(const std::vector<Fact>& facts) {
  std::string words;
  for (const Fact& fact : facts) words += fact.words;
  return words;
}

SampleShape Layer::output_shape(std::span<const SampleShape> inputs) const {
  return only_input(kind(), inputs);
}

std::string Layer::summary() const {
  return std::string(kind()) + words_of(facts());
}

}  // namespace reprise::layers
