#include "suite/graph/parameters.hpp"

#include <algorithm>
#include <cmath>

#include "suite/random/random.hpp"

namespace reprise::graph {

namespace {

constexpr std::int64_t kFloatsPerLine = static_cast<std::int64_t>(kAlignment / sizeof(float));

void draw(const layers::Initialisation& start, random::Generator generator, std::span<float> values) {
  using Kind = layers::Initialisation::Kind;
  const double fan_in = static_cast<double>(start.fan_in), fan_out = static_cast<double>(start.fan_out);
  double deviation = 0;
  switch (start.kind) {
    case Kind::constant:
      std::fill(values.begin(), values.end(), static_cast<float>(start.value));
      return;
    case Kind::xavier_uniform: {
      const double bound = start.gain * std::sqrt(6.0 / (fan_in + fan_out));
      for (float& value : values) value = static_cast<float>(bound * (2.0 * generator.next_uniform() - 1.0));
      return;
    }
    case Kind::fan_in_uniform: {
      const double bound = start.gain / std::sqrt(fan_in);
      for (float& value : values) value = static_cast<float>(bound * (2.0 * generator.next_uniform() - 1.0));
      return;
    }
    case Kind::positive_uniform: {
      const double bound = start.gain * std::sqrt(3.0 / fan_in);
      for (float& value : values) value = static_cast<float>(bound * generator.next_uniform());
      return;
    }
    case Kind::he_normal:
      deviation = start.gain * std::sqrt(2.0 / fan_in);
      break;
    case Kind::fan_in_normal:
      deviation = start.gain / std::sqrt(fan_in);
      break;
    case Kind::normal:
      deviation = start.value;
      break;
  }
  for (float& value : values) value = static_cast<float>(deviation * generator.next_normal());
}

/// Dirac initialisation (Zagoruyko, Komodakis 2017, arXiv 1706.00388, without its normalisation).
void put_identity(const layers::ParameterSpec& spec, std::span<float> values) {
  const std::int64_t area = spec.shape[2] * spec.shape[3], filter = spec.shape[1] * area;
  const std::int64_t centre = spec.shape[2] / 2 * spec.shape[3] + spec.shape[3] / 2;
  for (std::int64_t k = 0; k < std::min(spec.shape[0], spec.shape[1]); ++k) {
    const auto of_filter = values.subspan(static_cast<std::size_t>(k * filter), static_cast<std::size_t>(filter));
    std::fill(of_filter.begin(), of_filter.end(), 0.0f);
    of_filter[static_cast<std::size_t>(k * area + centre)] = 1;
  }
}

}  // namespace

Parameters::Parameters(const Graph& graph, ranks::Team& team)
    : team_(team), by_node_(graph.nodes().size()), node_values_(graph.nodes().size()) {
  for (NodeId n = 0; n <= graph.last(); ++n) {
    const Node& node = graph.node(n);
    for (std::size_t p = 0; p < node.parameters.size(); ++p) {
      const auto& spec = node.parameters[p];
      by_node_[n].push_back(static_cast<int>(list_.size()));
      list_.push_back({n, static_cast<int>(p), node.name + "/" + spec.name, spec, size_, spec.count()});
      size_ += (spec.count() + kFloatsPerLine - 1) / kFloatsPerLine * kFloatsPerLine;
    }
  }
  values_ = team.memory(static_cast<std::size_t>(size_) * sizeof(float));
  for (const Parameter& parameter : list_) node_values_[parameter.node].push_back(of(parameter));
}

void Parameters::initialise(std::uint64_t seed) {
  for (const Parameter& parameter : list_) {
    if (!team_.leads_node()) break;
    draw(parameter.spec.initialisation, random::Generator({seed, random::Purpose::initialisation, random::name_hash(parameter.name), 0, 0}),
         {of(parameter), static_cast<std::size_t>(parameter.count)});
    if (parameter.spec.initialisation.identity_filters)
      put_identity(parameter.spec, {of(parameter), static_cast<std::size_t>(parameter.count)});
  }
  team_.synchronise("initial weights");
}

}  // namespace reprise::graph
