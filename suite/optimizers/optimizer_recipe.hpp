#pragma once
// The settings of an optimizer, as a recipe gives them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "suite/schedules/schedule.hpp"

namespace reprise::optimizers {

/// What sets some parameters apart from the others.
struct Rule {
  std::string match;              ///< names with wildcards: "*/bias", "conv?/weight"
  std::optional<double> rate{};   ///< times the learning rate
  std::optional<double> decay{};  ///< times weight decay and L1, also where the layer asks for none
  /// Besides, the rate of step t is multiplied by (1 + t / rate_steps)^-rate_power.
  std::optional<double> rate_steps{}, rate_power{};
  std::optional<double> max_rms{};  ///< bound on the root mean square of each unit's incoming weights, after the update
  std::vector<double> frozen{};     ///< two shares of the run: no training from the first on, until the second
  /// The rate falls linearly from what its schedule begins with to 0 at this share of the run, whatever the schedule says; no training
  /// then.
  std::optional<double> rate_until{};

  bool operator==(const Rule&) const = default;
};

/// Weights that are set to 0 and stay there: of those that `match` names, the smallest (Han et al. 2015, arXiv 1506.02626). Their share
/// rises as sparsity (1 - (1 - t)^3), t from 0 to 1 between two shares of the run (Zhu & Gupta 2017, section 3, arXiv 1710.01878); at
/// once if these are equal.
struct Pruning {
  double sparsity = 0;           ///< share of zeros in the end; 0: nothing is pruned
  std::string scope = "global";  ///< the smallest of all weights; "layer": of each parameter
  double from = 0, until = 0;    ///< shares of the run
  std::int64_t every = 10;       ///< steps between two choices of weights
  std::vector<std::string> match{"*/weight"};
};

/// Convolution filters that move by an orthogonalised gradient (K. Jordan 2024, airbench94_muon.py). With the weight as a matrix [filters,
/// inputs x height x width]: buffer <- m buffer + gradient, G = gradient + m buffer; the weight is scaled to the norm sqrt(filters); then
/// weight <- weight - rate O(G), where O brings singular values near to 1. No weight decay, no L1.
struct MuonRecipe {
  std::vector<std::string> match{};  ///< names of filters, with wildcards; empty: Muon is off
  schedules::Schedule learning_rate;
  double momentum = 0.6;

  bool is_on() const { return !match.empty(); }
};

struct OptimizerRecipe {
  std::string kind = "sgd";  ///< "sgd", "adam", "adamw"
  schedules::Schedule learning_rate;
  schedules::Schedule momentum;  ///< sgd
  bool nesterov = false;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  ///< adam
  double weight_decay = 0;  ///< where ParameterSpec::decays: gradient += weight_decay * w; adamw: w -= rate * weight_decay * w
  double l1 = 0;            ///< where ParameterSpec::decays: gradient += l1 * sign(w)
  double max_norm = 0;      ///< bound on the norm of each unit's incoming weights; 0: none
  /// Lookahead (Zhang et al. 2019, arXiv 1907.08610) with a rising weight: every n steps slow <- d slow + (1 - d) fast, fast <- slow,
  /// d = lookahead_decay^lookahead_steps * (share of the run)^3; after the last step fast <- slow. 0: none. Running statistics take part.
  std::int64_t lookahead_steps = 0;
  double lookahead_decay = 0.95;
  /// A mean of the weights over steps (Polyak and Juditsky 1992): after step t, from 0, mean <- mean + max(1 - d, 1 / (t + 1)) (w - mean),
  /// and after the last step w <- mean. d = 1: all steps weigh the same; below it older ones fade. 0: none. Running statistics take part.
  double averaging_decay = 0;
  std::vector<std::string> frozen;  ///< parameters ("conv1/bias") that no longer train from `frozen_from`, a share of the run, on
  double frozen_from = 0;
  std::vector<Rule> rules{};  ///< in order; a later one has the last word
  Pruning pruning{};
  MuonRecipe muon{};  ///< sgd
};

}  // namespace reprise::optimizers
