#pragma once
// One plastic layer of a net while it learns: what a step gathers for it, and how that becomes new weights.

#include <cstdint>
#include <string>
#include <vector>

#include "suite/graph/parameters.hpp"
#include "suite/layers/plastic.hpp"
#include "suite/ranks/team.hpp"
#include "suite/tensor/memory.hpp"

namespace reprise::hebbian {

class PlasticPart {
 public:
  /// Keeps references. `shards` of a batch. Collective over the team.
  PlasticPart(graph::NodeId node, std::string name, const layers::Plasticity& plasticity, const layers::PreparedPlastic& prepared,
              graph::Parameters& parameters, std::int64_t shards, ranks::Team& team);

  graph::NodeId node() const { return node_; }
  bool learns() const { return plasticity_.rate > 0; }
  /// Units of rows that can be summed and updated apart.
  std::int64_t units() const { return units_; }

  /// Adds up what one shard wants changed.
  void take_shard(const layers::ForwardArgs& args, std::int64_t shard) {
    prepared_->shard_change(args, shard_changes(shard), shard_moments(shard));
  }
  /// Brings the changes and moments of all shards to every node. Collective.
  void gather(std::int64_t shards, ranks::Team& team);
  /// The sum over shards of one unit of rows, and what the neurons' own responses take away from it.
  void sum_unit(std::int64_t unit, std::int64_t shards);
  /// Of all rows, before the rate. Throws RunError naming layer and step if it is not finite.
  float largest_change(std::uint64_t step) const;
  /// Moves one unit of rows. `progress`: how much of the layer's passes is over, from 0 to 1.
  void move_unit(std::int64_t unit, float largest_change, double progress);

  std::vector<double> norms() const;  ///< Euclidean, of the neurons
  std::size_t memory_bytes() const { return changes_.size() + change_.size(); }

 private:
  float* shard_changes(std::int64_t shard) const { return changes_.floats() + shard * prepared_->change_floats(); }
  double* shard_moments(std::int64_t shard) const { return reinterpret_cast<double*>(moments_.data()) + shard * neurons_; }
  std::int64_t rows_of_unit() const { return neurons_ / units_; }
  double norm(std::int64_t neuron) const;

  graph::NodeId node_ = 0;
  std::string name_;
  layers::Plasticity plasticity_;
  const layers::PreparedPlastic* prepared_ = nullptr;
  float* weight_ = nullptr;                ///< plain [K, D]
  std::int64_t neurons_ = 0, inputs_ = 0;  ///< K, D
  std::int64_t units_ = 0, unit_floats_ = 0;
  // Shared by the ranks of a node:
  Memory changes_;  ///< [shards, change_floats], in the prepared layer's own format
  Memory moments_;  ///< [shards, K] doubles
  Memory largest_;  ///< [K], largest |change| of a row
  // This rank's own:
  std::vector<double> moment_sums_;  ///< [K]
  Memory change_;                    ///< [K, D], plain; the rows that this rank updates
};

/// The sum along the shard tree of `shards` rows of `width` doubles in memory that the node shares. Collective.
std::vector<double> summed_rows(ranks::Team& team, double* rows, std::int64_t shards, std::size_t width, const char* what);

}  // namespace reprise::hebbian
