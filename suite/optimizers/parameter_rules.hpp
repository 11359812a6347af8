#pragma once
// What sets some parameters of a net apart from the others, resolved once for each.

#include <cstdint>
#include <vector>

#include "suite/graph/parameters.hpp"
#include "suite/optimizers/optimizer_recipe.hpp"

namespace reprise::optimizers {

/// How one parameter is updated: what its layer declares, times what the rules say.
struct ParameterSetting {
  double rate = 1;   ///< times the learning rate
  double decay = 1;  ///< times weight decay; 0 where it does not apply
  double l1 = 1;     ///< times L1, likewise
  double rate_steps = 0, rate_power = 0;
  double max_rms = 0;                        ///< of each unit's incoming weights; 0: no bound
  double frozen_from = 1, frozen_until = 1;  ///< shares of the run; it trains outside
  double rate_until = 0;                     ///< share of the run at which a rate of its own has fallen to 0; 0: the schedule's rate

  /// What the learning rate of step `step` is multiplied by.
  double rate_at(std::int64_t step) const;
  /// The schedule's rate of that step, `now`, or with rate_until what falls from `first`, the schedule's rate of step 0.
  double scheduled_rate(double first, double now, std::int64_t step, std::int64_t total_steps) const;
  bool is_frozen(std::int64_t step, std::int64_t total_steps) const;
};

/// One setting for each of parameters.list(). Rules apply in order; what a later one says replaces what an earlier one said. Throws
/// InputError for a rule that no trained parameter matches, with the names nearest to it, and for a name in `frozen` that is none.
std::vector<ParameterSetting> parameter_settings(const OptimizerRecipe& recipe, const graph::Parameters& parameters);

/// The rules for a part of a net: without those that match parameters of the whole net but none of the part.
std::vector<Rule> rules_of_part(const std::vector<Rule>& rules, const graph::Parameters& whole, const graph::Parameters& part);

}  // namespace reprise::optimizers
