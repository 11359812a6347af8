#include "suite/hebbian/plastic_part.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "suite/errors.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/parallel/tree_reduction.hpp"

namespace reprise::hebbian {

namespace {

/// Merges of the shard tree (parallel/tree_reduction.hpp), children before parents: merge(left, right) adds right to left.
template <typename Merge>
void for_each_merge(std::int64_t shards, Merge merge) {
  for (std::int64_t step = 1; step < shards; step *= 2)
    for (std::int64_t i = 0; i + step < shards; i += 2 * step) merge(i, i + step);
}

}  // namespace

std::vector<double> summed_rows(ranks::Team& team, double* rows, std::int64_t shards, std::size_t width, const char* what) {
  team.gather(reinterpret_cast<std::byte*>(rows), width * sizeof(double), shards, what);
  std::vector<double> own(rows, rows + width * static_cast<std::size_t>(shards));
  parallel::tree_sum_rows(own.data(), static_cast<int>(shards), width);
  own.resize(width);
  return own;
}

PlasticPart::PlasticPart(graph::NodeId node, std::string name, const layers::Plasticity& plasticity,
                         const layers::PreparedPlastic& prepared, graph::Parameters& parameters, std::int64_t shards, ranks::Team& team)
    : node_(node), name_(std::move(name)), plasticity_(plasticity), prepared_(&prepared) {
  const graph::Parameter& parameter = parameters.list()[static_cast<std::size_t>(parameters.of_node(node)[0])];
  weight_ = parameters.of(parameter);
  neurons_ = parameter.rows();
  inputs_ = parameter.columns();
  if (!learns()) return;
  units_ = neurons_ / prepared.row_unit();
  unit_floats_ = prepared.change_floats() / units_;
  changes_ = team.memory(static_cast<std::size_t>(shards * prepared.change_floats()) * sizeof(float));
  moments_ = team.memory(static_cast<std::size_t>(shards * neurons_) * sizeof(double));
  moment_sums_.resize(static_cast<std::size_t>(neurons_));
  change_ = Memory(static_cast<std::size_t>(neurons_ * inputs_) * sizeof(float));
  largest_ = team.memory(static_cast<std::size_t>(neurons_) * sizeof(float));
}

void PlasticPart::gather(std::int64_t shards, ranks::Team& team) {
  moment_sums_ = summed_rows(team, shard_moments(0), shards, static_cast<std::size_t>(neurons_), "moments of responses");
  if (team.size() > 1)
    team.gather(changes_.data(), static_cast<std::size_t>(prepared_->change_floats()) * sizeof(float), shards, "changes of weights");
}

void PlasticPart::sum_unit(std::int64_t unit, std::int64_t shards) {
  const auto& kernel = kernels::vector_kernels();
  const std::int64_t rows = rows_of_unit(), at = unit * unit_floats_;
  for_each_merge(shards, [&](std::int64_t left, std::int64_t right) {
    kernel.accumulate(shard_changes(left) + at, shard_changes(right) + at, unit_floats_);
  });
  float* change = change_.floats() + unit * rows * inputs_;
  prepared_->unpack_rows(shard_changes(0), unit, change);
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t k = unit * rows + r;
    largest_.floats()[k] = kernel.plastic_change(change + r * inputs_, weight_ + k * inputs_,
                                                 static_cast<float>(moment_sums_[static_cast<std::size_t>(k)]), inputs_);
  }
}

float PlasticPart::largest_change(std::uint64_t step) const {
  float largest = 0;
  for (std::int64_t k = 0; k < neurons_; ++k) {
    const float of_row = largest_.floats()[k];
    if (!std::isfinite(of_row))
      throw DivergenceError(Complaint{fmt::format("change of weights of '{}' at step {}", name_, step), "finite numbers",
                                      fmt::format("{}", of_row), "Lower the layer's rate or radius"});
    largest = std::max(largest, of_row);
  }
  return largest;
}

void PlasticPart::move_unit(std::int64_t unit, float largest_change, double progress) {
  constexpr double kNothing = 1e-30, kAtRest = 1e-10;  // as in the official code
  const double full_rate = plasticity_.rate * (plasticity_.falls ? 1 - progress : 1);
  for (std::int64_t k = unit * rows_of_unit(); k < (unit + 1) * rows_of_unit(); ++k) {
    const double rate = full_rate * std::pow(std::abs(norm(k) - 1.0) + kAtRest, plasticity_.rate_exponent);
    const auto factor = static_cast<float>(rate / (static_cast<double>(largest_change) + kNothing));
    kernels::vector_kernels().add_scaled(weight_ + k * inputs_, change_.floats() + k * inputs_, factor, inputs_);
  }
}

double PlasticPart::norm(std::int64_t neuron) const {
  return std::sqrt(kernels::vector_kernels().square_sum(weight_ + neuron * inputs_, inputs_));
}

std::vector<double> PlasticPart::norms() const {
  std::vector<double> norms(static_cast<std::size_t>(neurons_));
  for (std::int64_t k = 0; k < neurons_; ++k) norms[static_cast<std::size_t>(k)] = norm(k);
  return norms;
}

}  // namespace reprise::hebbian
