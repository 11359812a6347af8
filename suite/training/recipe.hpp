#pragma once
// A recipe: everything that decides a trial's numbers, resolved for one scale. It is what `/recipe` stores and what the
// run id is hashed from. Nothing about ranks, threads or paths stands here.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "suite/tensor/shape.hpp"

namespace reprise::training {

/// Free-form options of a model or an analysis, as they stand in TOML. Getters throw InputError naming key, expected and
/// found type; `check_all_used` throws for a key that nobody asked for and lists the keys that were asked for.
class Options {
 public:
  using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<double>, std::vector<std::string>>;

  void set(const std::string& key, Value value) { values_[key] = std::move(value); }
  bool has(const std::string& key) const;
  bool get_bool(const std::string& key, bool fallback) const;
  std::int64_t get_int(const std::string& key, std::int64_t fallback) const;
  double get_double(const std::string& key, double fallback) const;  ///< accepts integers
  std::string get_string(const std::string& key, const std::string& fallback) const;
  std::vector<double> get_doubles(const std::string& key, const std::vector<double>& fallback) const;  ///< accepts one number
  std::vector<std::int64_t> get_ints(const std::string& key, const std::vector<std::int64_t>& fallback) const;
  std::vector<std::string> get_strings(const std::string& key, const std::vector<std::string>& fallback) const;
  /// `where` names the owner in the message: "model 'mlp' of trial dropout/relu".
  void check_all_used(const std::string& where) const;
  const std::map<std::string, Value>& values() const { return values_; }

 private:
  const Value* find(const std::string& key) const;
  std::map<std::string, Value> values_;
  mutable std::map<std::string, std::string> asked_;  ///< key -> type asked for
};

/// A number as a function of the step. Kinds and what they read:
///   constant        value
///   step            value, milestones (fractions of the run in (0,1)), factor
///   inverse_decay   value / (1 + step / decay_steps)
///   halving         value * 0.5 ^ floor(step / decay_steps)
///   cosine          from value to final over the run
///   one_cycle       start -> value (peak at warmup fraction) -> final, linear
///   linear          from value to final over decay_steps (the whole run if 0), then final
///   exponential     final - (final - value) * exp(-step / decay_steps)      (the momentum ramp of the dropout code)
/// `warmup` (fraction of the run, not for one_cycle) multiplies by a linear ramp from 0.
struct Schedule {
  std::string kind = "constant";
  double value = 0;
  double start = 0;  ///< one_cycle
  double final_value = 0;
  double factor = 0.1;
  double decay_steps = 0;
  double warmup = 0;
  std::vector<double> milestones{};

  /// Pure function of the step; `total_steps` is the length of the whole run.
  double at(std::int64_t step, std::int64_t total_steps) const;
};

struct OptimizerRecipe {
  std::string kind = "sgd";  ///< "sgd", "adam", "adamw"
  Schedule learning_rate;
  Schedule momentum;  ///< sgd
  bool nesterov = false;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  ///< adam
  double weight_decay = 0;  ///< where ParameterSpec::decays: gradient += weight_decay * w; adamw: w -= rate * weight_decay * w
  double l1 = 0;            ///< where ParameterSpec::decays: gradient += l1 * sign(w)
  double max_norm = 0;      ///< bound on the norm of each unit's incoming weights; 0: none
  /// Lookahead (Zhang et al. 2019, arXiv 1907.08610) with a rising weight: every so many steps slow <- d slow + (1 - d) fast, fast <- slow,
  /// d = lookahead_decay^lookahead_steps * (share of the run)^3; after the last step fast <- slow. 0: none. Running statistics take part.
  std::int64_t lookahead_steps = 0;
  double lookahead_decay = 0.95;
  std::vector<std::string> frozen;  ///< parameters ("conv1/bias") that no longer train from `frozen_from`, a share of the run, on
  double frozen_from = 0;
};

/// Procedure "hebbian": the plastic layers learn first, without labels; then a classifier learns on features that are computed once.
/// `batch`, `shard`, `epochs`, `steps` and `optimizer` of the recipe are the classifier's.
struct HebbianRecipe {
  double epochs = 1;  ///< passes over the training images before the classifier; 0: none
  std::int64_t batch = 10;
  std::int64_t shard = 5;
  std::string order = "all_at_once";    ///< or "layer_by_layer": `epochs` passes for each layer, the earlier ones frozen
  std::int64_t labelled_images = 0;     ///< training images that the classifier sees; 0: all
  Precision features = Precision::f32;  ///< how cached features are stored
};

/// How a deviation begins that an override of the command line made: "set by hand: batch=16".
inline const std::string kSetByHand = "set by hand: ";

struct Recipe {
  std::string paper, trial, scale;
  std::string title;
  std::string procedure = "supervised";  ///< "supervised" (labels), "autoencoder" (target = the preprocessed input) or "hebbian"
  std::string model;                     ///< name of an architecture of the paper's model.cpp
  Options model_options;

  std::string dataset;
  std::int64_t train_images = 0;  ///< 0: all
  std::int64_t test_images = 0;
  std::int64_t held_out_images = 0;  ///< if positive, so many training images are tested on in place of the test set
  std::vector<std::string> preprocessing;
  std::vector<std::string> augmentation;

  std::int64_t batch = 128;  ///< the global batch
  std::int64_t shard = 8;    ///< samples of one shard; 0 ("auto") until experiments::choose_shards has put a number here
  double epochs = 1;         ///< length of the run, unless steps > 0
  std::int64_t steps = 0;
  Precision precision = Precision::f32;
  OptimizerRecipe optimizer;
  HebbianRecipe hebbian;
  double label_smoothing = 0;
  bool drop_last = false;  ///< leave out an epoch's last batch if it is not full; ignored under "hebbian"
  /// Views of a test image whose logits are averaged. 0: the image. 1: and its mirror. 2: half of that, and a quarter each of the same on
  /// the image shifted by one pixel up and left, and down and right, with reflected borders (Jordan 2024, arXiv 2404.00498, section 3.5).
  int test_views = 0;
  int evaluations = 10;  ///< about how many times the test set is evaluated, the last step included

  std::vector<std::string> analyses;  ///< run after training: "monte_carlo", "sparsity" ...; see experiments/analyses
  Options analysis_options;

  std::vector<std::string> reports;     ///< ids of published numbers that this trial reproduces
  std::vector<std::string> deviations;  ///< from the paper's protocol, in words, each a footnote of the report
};

/// Steps of one pass over so many training images, at least 1.
std::int64_t steps_per_epoch(const Recipe& recipe, std::int64_t train_images);

/// Steps of the whole run.
std::int64_t total_steps(const Recipe& recipe, std::int64_t train_images);

}  // namespace reprise::training
