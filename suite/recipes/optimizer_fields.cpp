#include "suite/recipes/optimizer_fields.hpp"

#include <string>
#include <utility>

#include "suite/recipes/field_rows.hpp"

namespace reprise::recipes {

using optimizers::OptimizerRecipe;
using schedules::Schedule;

namespace {

/// `schedule`, a chain of members that leads to one; `only_with` as in Field.
template <typename... Members>
void add_schedule(std::vector<Field>& rows, const std::string& table, const char* only_with, Members... schedule) {
  const std::size_t first = rows.size();
  const auto of = [&](auto member) { return at(&Recipe::optimizer, schedule..., member); };
  rows.push_back({.key = table + "kind",
                  .at = of(&Schedule::kind),
                  .help = "how it changes over the run",
                  .among = {"constant", "step", "piecewise", "inverse_decay", "halving", "staircase", "polynomial", "cosine", "one_cycle",
                            "warmup_cosine", "linear", "exponential"},
                  .restarts = true});
  rows.push_back(
      {.key = table + "value", .at = of(&Schedule::value), .help = "what it begins with; the peak of one_cycle and warmup_cosine"});
  rows.push_back(
      {.key = table + "start", .at = of(&Schedule::start), .help = "what one_cycle and warmup_cosine begin with", .quiet = true});
  rows.push_back({.key = table + "final",
                  .at = of(&Schedule::final_value),
                  .help = "what it ends with: polynomial, cosine, one_cycle, warmup_cosine, linear, exponential"});
  rows.push_back({.key = table + "factor", .at = of(&Schedule::factor), .help = "of step, at each milestone, and of staircase"});
  rows.push_back({.key = table + "decay_steps",
                  .at = of(&Schedule::decay_steps),
                  .help = "time scale in steps: inverse_decay, halving, staircase, linear, exponential",
                  .min = 0,
                  .max = kMaxCount});
  rows.push_back({.key = table + "power", .at = of(&Schedule::power), .help = "of polynomial", .min = 0, .open = true, .quiet = true});
  rows.push_back(
      {.key = table + "warmup", .at = of(&Schedule::warmup), .help = "share of the run with a linear ramp from 0", .min = 0, .max = 1});
  rows.push_back({.key = table + "cooldown",
                  .at = of(&Schedule::cooldown),
                  .help = "of warmup_cosine: share of the run that ends it at its final value",
                  .min = 0,
                  .max = 1,
                  .quiet = true});
  rows.push_back({.key = table + "milestones",
                  .at = of(&Schedule::milestones),
                  .help = "of step and piecewise: shares of the run (the epoch of the drop by the number of epochs)",
                  .min = 0,
                  .max = 1,
                  .open = true});
  rows.push_back(
      {.key = table + "values", .at = of(&Schedule::values), .help = "of piecewise: what holds from each milestone on", .quiet = true});
  for (std::size_t row = first; row < rows.size(); ++row) rows[row].only_with = only_with;
}

}  // namespace

void add_optimizer_fields(std::vector<Field>& rows) {
  const auto optimizer = [](auto member) { return at(&Recipe::optimizer, member); };
  const auto add = [&](Field field) { rows.push_back(std::move(field)); };
  add({.key = "optimizer.kind",
       .at = optimizer(&OptimizerRecipe::kind),
       .help = "what makes an update of a gradient",
       .among = {"sgd", "adam", "adamw"}});
  add({.key = "optimizer.nesterov", .at = optimizer(&OptimizerRecipe::nesterov), .help = "Nesterov momentum (sgd)"});
  add({.key = "optimizer.beta1",
       .at = optimizer(&OptimizerRecipe::beta1),
       .help = "decay of the mean gradient (adam)",
       .min = 0,
       .max = 1});
  add({.key = "optimizer.beta2",
       .at = optimizer(&OptimizerRecipe::beta2),
       .help = "decay of the mean squared gradient (adam)",
       .min = 0,
       .max = 1});
  add({.key = "optimizer.epsilon",
       .at = optimizer(&OptimizerRecipe::epsilon),
       .help = "added to the root of the mean squared gradient (adam)",
       .min = 0,
       .max = 1});
  add({.key = "optimizer.weight_decay",
       .at = optimizer(&OptimizerRecipe::weight_decay),
       .help = "L2 penalty; decoupled under adamw",
       .min = 0,
       .max = kMaxCount});
  add({.key = "optimizer.l1", .at = optimizer(&OptimizerRecipe::l1), .help = "L1 penalty", .min = 0, .max = kMaxCount});
  add({.key = "optimizer.max_norm",
       .at = optimizer(&OptimizerRecipe::max_norm),
       .help = "bound on the norm of each unit's incoming weights; 0: none",
       .min = 0,
       .max = kMaxCount});
  add({.key = "optimizer.lookahead_steps",
       .at = optimizer(&OptimizerRecipe::lookahead_steps),
       .help = "steps between Lookahead updates; 0: none",
       .min = 0,
       .max = kMaxCount,
       .quiet = true});
  add({.key = "optimizer.lookahead_decay",
       .at = optimizer(&OptimizerRecipe::lookahead_decay),
       .help = "of Lookahead's slow weights, per step",
       .min = 0,
       .max = 1,
       .only_with = "optimizer.lookahead_steps"});
  add({.key = "optimizer.averaging_decay",
       .at = optimizer(&OptimizerRecipe::averaging_decay),
       .help = "of the mean of the weights over steps, which a run ends with; 1: the plain mean; 0: none",
       .min = 0,
       .max = 1,
       .quiet = true});
  add({.key = "optimizer.frozen",
       .at = optimizer(&OptimizerRecipe::frozen),
       .help = "parameters that stop training at frozen_from",
       .quiet = true});
  add({.key = "optimizer.frozen_from",
       .at = optimizer(&OptimizerRecipe::frozen_from),
       .help = "a share of the run",
       .min = 0,
       .max = 1,
       .only_with = "optimizer.frozen"});
  const auto pruning = [](auto member) { return at(&Recipe::optimizer, &OptimizerRecipe::pruning, member); };
  add({.key = "optimizer.pruning.sparsity",
       .at = pruning(&optimizers::Pruning::sparsity),
       .help = "share of the weights that are 0 in the end; 0: nothing is pruned",
       .min = 0,
       .max = 0.9999,
       .quiet = true});
  add({.key = "optimizer.pruning.scope",
       .at = pruning(&optimizers::Pruning::scope),
       .help = "the smallest of all weights, or of each layer's",
       .among = {"global", "layer"},
       .only_with = "optimizer.pruning.sparsity"});
  add({.key = "optimizer.pruning.from",
       .at = pruning(&optimizers::Pruning::from),
       .help = "share of the run from which on weights are pruned",
       .min = 0,
       .max = 1,
       .only_with = "optimizer.pruning.sparsity"});
  add({.key = "optimizer.pruning.until",
       .at = pruning(&optimizers::Pruning::until),
       .help = "share of the run at which all are; before it their share rises",
       .min = 0,
       .max = 1,
       .only_with = "optimizer.pruning.sparsity"});
  add({.key = "optimizer.pruning.every",
       .at = pruning(&optimizers::Pruning::every),
       .help = "steps between two choices of weights",
       .min = 1,
       .max = kMaxCount,
       .only_with = "optimizer.pruning.sparsity"});
  add({.key = "optimizer.pruning.match",
       .at = pruning(&optimizers::Pruning::match),
       .help = "patterns of the parameters that are pruned",
       .only_with = "optimizer.pruning.sparsity"});
  add({.key = "optimizer.rule",
       .at = optimizer(&OptimizerRecipe::rules),
       .help = "for parameters that a pattern matches: { match = \"*/bias\", rate = 2, decay = 0, max_rms = 0.1, frozen = [0.5, 1] }; "
               "rate_until = 0.4 lets the rate fall to 0",
       .quiet = true});
  add_schedule(rows, "optimizer.learning_rate.", nullptr, &OptimizerRecipe::learning_rate);
  add_schedule(rows, "optimizer.momentum.", nullptr, &OptimizerRecipe::momentum);
  add({.key = "optimizer.muon.match",
       .at = at(&Recipe::optimizer, &OptimizerRecipe::muon, &optimizers::MuonRecipe::match),
       .help = "patterns of the convolution filters that Muon moves; the rest is left to sgd",
       .quiet = true});
  add({.key = "optimizer.muon.momentum",
       .at = at(&Recipe::optimizer, &OptimizerRecipe::muon, &optimizers::MuonRecipe::momentum),
       .help = "Nesterov momentum of Muon",
       .min = 0,
       .max = 1,
       .only_with = "optimizer.muon.match"});
  add_schedule(rows, "optimizer.muon.learning_rate.", "optimizer.muon.match", &OptimizerRecipe::muon,
               &optimizers::MuonRecipe::learning_rate);
}

}  // namespace reprise::recipes
