#pragma once
// Updates of master weights, row by row, so that a block or a chunk can be updated as soon as its gradient is there.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "suite/graph/parameters.hpp"
#include "suite/kernels/vector/vector_kernels.hpp"
#include "suite/optimizers/magnitude_pruning.hpp"
#include "suite/optimizers/muon.hpp"
#include "suite/optimizers/optimizer_recipe.hpp"
#include "suite/optimizers/parameter_rules.hpp"

namespace reprise::optimizers {

/// What all parameters share at one step.
struct StepTerms : kernels::UpdateTerms {
  std::int64_t step = 0, total_steps = 1;  ///< what rules for single parameters follow
  float average = -1;                      ///< weight of this step's values in the mean of all steps; negative: no mean is kept
  bool adopts_average = false;             ///< this step, the last, ends with the mean
  float first_rate = 0;                    ///< of step 0, for rules with a rate_until
  float muon_rate = 0, muon_momentum = 0;

  /// Rates times `factor`; with 0 gradients move nothing.
  void scale_rates(float factor) { rate *= factor, first_rate *= factor, muon_rate *= factor; }
};

/// SGD with momentum (v <- m v + g; w <- w - rate v) and Nesterov, Adam (Kingma & Ba 2015, arXiv 1412.6980) and AdamW
/// (Loshchilov & Hutter 2019, arXiv 1711.05101), each followed by clamps and by the max-norm projection of the recipe, by Lookahead and by
/// pruning (what was pruned is 0 again), and by the mean over steps. Beside SGD, Muon for filters that its patterns name: of rules, rate,
/// rate_steps and frozen hold for them (their rate is Muon's), decay does not; Lookahead and the mean over steps take them along.
class Optimizer {
 public:
  /// `parameters` hold their initial values: Lookahead's slow copy starts there. The state lies in memory that the ranks of a node share.
  /// Throws InputError for an unknown kind, a frozen parameter that is none, a rule that matches nothing, and Muon beside another kind than
  /// sgd, beside max_norm, or for filters that are also pruned, or have a max_rms or a rate_until. Collective.
  Optimizer(const OptimizerRecipe& recipe, const graph::Parameters& parameters, ranks::Team& team = ranks::Team::alone());

  /// What step `step` of `total_steps` uses; steps count from 0.
  StepTerms terms(std::int64_t step, std::int64_t total_steps) const;

  /// Updates rows [first_row, first_row + rows) of parameter `index`; `gradient` points at the first of these rows.
  /// Different rows may be updated by different threads at once. Of filters that Muon moves only the momentum changes.
  void update_rows(graph::Parameters& parameters, int index, std::int64_t first_row, std::int64_t rows, const float* gradient,
                   const StepTerms& terms);

  /// Matrices that Muon moves, once all rows of a step are updated on every rank of the node and before finish_step(); each by one thread
  /// of one rank of every node.
  std::int64_t matrices() const { return muon_ ? muon_->matrices() : 0; }
  void update_matrix(graph::Parameters& parameters, std::int64_t matrix, const StepTerms& terms);

  /// Whether finish_step() of that step will read all weights: they must be whole on every node, and no row still be under way.
  bool reads_all_weights(const StepTerms& terms) const { return pruning_ && pruning_->is_due(terms.step, terms.total_steps); }
  /// After all rows of a step: what Lookahead and the mean over steps do to running statistics, and which weights are pruned from now on.
  /// Of the ranks of a node one calls it.
  void finish_step(graph::Parameters& parameters, const StepTerms& terms);

  /// State arrays, each as long as the parameter vector: velocity, or first and second moments; then Lookahead's slow copy; then the mean
  /// over steps; then 1 for weights and 0 for those that are pruned. For checkpoints.
  std::vector<Memory>& state() { return state_; }
  const std::vector<Memory>& state() const { return state_; }

 private:
  void refuse_beside_muon(const graph::Parameters& parameters) const;

  OptimizerRecipe recipe_;
  /// Values [at, at + count) of the parameter vector, which `values` points at.
  void after_update(float* values, std::int64_t at, std::int64_t count, const StepTerms& terms);

  bool adam_ = false;
  std::vector<ParameterSetting> settings_;  ///< by parameter
  std::vector<Memory> state_;
  std::size_t slow_ = 0, average_ = 0, mask_ = 0;  ///< where in the state: Lookahead's copy, the mean over steps, the pruned weights
  std::optional<MagnitudePruning> pruning_;
  std::optional<Muon> muon_;
};

}  // namespace reprise::optimizers
