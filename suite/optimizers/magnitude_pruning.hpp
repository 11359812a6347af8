#pragma once
// Which weights of a net are 0 for good; see Pruning.

#include <cstdint>
#include <vector>

#include "suite/graph/parameters.hpp"
#include "suite/optimizers/optimizer_recipe.hpp"

namespace reprise::optimizers {

class MagnitudePruning {
 public:
  /// Throws InputError for shares that run backward, an unknown scope and a pattern that matches no trained parameter.
  MagnitudePruning(const Pruning& recipe, const graph::Parameters& parameters);

  /// After step `step` of `total_steps`: at the first one, then every so many, and at the last one of the interval.
  bool is_due(std::int64_t step, std::int64_t total_steps) const;
  /// Share of zeros after that step.
  double share_at(std::int64_t step, std::int64_t total_steps) const;
  bool prunes(int index) const { return pruned_[static_cast<std::size_t>(index)]; }

  /// Sets the smallest weights to 0, and `mask`, laid out as the parameters, with them: floor(share n) of n weights. Of equal magnitudes
  /// those that come first. What is 0 already stays so as long as the share does not fall.
  void prune(double share, graph::Parameters& parameters, float* mask) const;

 private:
  std::int64_t first_step(std::int64_t total_steps) const;
  std::int64_t last_step(std::int64_t total_steps) const;

  Pruning recipe_;
  std::vector<bool> pruned_;              ///< by parameter
  std::vector<std::vector<int>> groups_;  ///< parameters whose weights are compared
};

}  // namespace reprise::optimizers
