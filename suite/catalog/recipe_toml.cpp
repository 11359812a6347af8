#include "suite/catalog/recipe_toml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "suite/analyses/analysis.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/procedures/procedure.hpp"

namespace reprise::catalog {
namespace {

using recipes::Options;
using recipes::Recipe;
using schedules::Schedule;

const std::vector<std::string> kScheduleKinds{"constant", "step",      "inverse_decay", "halving",
                                              "cosine",   "one_cycle", "linear",        "exponential"};

constexpr double kMostEpochs = 1e9;  // times the steps of an epoch, still a whole number of 64 bits

/// One note a key, sorted, whatever the order of the flags: the same settings are the same recipe.
void note_by_hand(std::vector<std::string>& deviations, const std::string& key, const std::string& value) {
  const auto forget = [&](const std::string& start) {
    std::erase_if(deviations, [&](const std::string& text) { return text.starts_with(recipes::kSetByHand + start); });
  };
  forget(key + "=");
  // What this key takes back of those before it.
  if (key == "epochs") forget("steps=");
  if (key == "model.name") forget("model.");
  if (key.ends_with(".kind")) forget(key.substr(0, key.size() - 4));
  const std::string note = fmt::format("{}{}={}", recipes::kSetByHand, key, value);
  const auto first =
      std::find_if(deviations.begin(), deviations.end(), [](const std::string& text) { return text.starts_with(recipes::kSetByHand); });
  deviations.insert(std::upper_bound(first, deviations.end(), note), note);
}

template <typename Number>
void read_between(const TomlTable& table, const std::string& key, Number& value, double low, double high) {
  if (!table.read(key, value)) return;
  const double found = static_cast<double>(value);
  if (found < low || found > high) {
    table.refuse(key, high > 1e15 ? fmt::format("at least {}", low) : fmt::format("a number from {} to {}", low, high),
                 fmt::format("{}", value), "Correct the value");
  }
}

/// A number of samples, or "auto": 0 until choose_shards puts a number in its place.
void read_shard(const TomlTable& table, std::int64_t& shard) {
  const toml::node* node = table.node("shard");
  if (node == nullptr || !node->is_string()) return read_between(table, "shard", shard, 1, 1e18);
  std::string word;
  table.read("shard", word);
  if (word != "auto") table.refuse("shard", "a number of samples, or \"auto\"", fmt::format("\"{}\"", word), "Correct the value");
  shard = 0;
}

void read_schedule(const TomlTable& table, const std::string& key, Schedule& schedule) {
  const toml::node* node = table.node(key);
  if (!node) return;
  if (!node->is_table()) {
    table.read(key, schedule.value);
    return;
  }
  const TomlTable inner = *table.table(key);
  std::string kind = schedule.kind;
  if (inner.read_among("kind", kind, kScheduleKinds) && kind != schedule.kind) {
    schedule = Schedule{};
    schedule.kind = kind;
  }
  inner.read("value", schedule.value);
  inner.read("start", schedule.start);
  inner.read("final", schedule.final_value);
  inner.read("factor", schedule.factor);
  read_between(inner, "decay_steps", schedule.decay_steps, 0, 1e18);
  read_between(inner, "warmup", schedule.warmup, 0, 1);
  inner.read("milestones", schedule.milestones);
  for (const double milestone : schedule.milestones) {
    if (milestone <= 0 || milestone >= 1) {
      inner.refuse("milestones", "fractions of the run, between 0 and 1", fmt::format("{}", milestone),
                   "Divide the epoch of the drop by the number of epochs");
    }
  }
  inner.finish();
}

void read_optimizer(const TomlTable& table, optimizers::OptimizerRecipe& optimizer) {
  table.read_among("kind", optimizer.kind, {"sgd", "adam", "adamw"});
  read_schedule(table, "learning_rate", optimizer.learning_rate);
  read_schedule(table, "momentum", optimizer.momentum);
  table.read("nesterov", optimizer.nesterov);
  read_between(table, "beta1", optimizer.beta1, 0, 1);
  read_between(table, "beta2", optimizer.beta2, 0, 1);
  read_between(table, "epsilon", optimizer.epsilon, 0, 1);
  read_between(table, "weight_decay", optimizer.weight_decay, 0, 1e18);
  read_between(table, "l1", optimizer.l1, 0, 1e18);
  read_between(table, "max_norm", optimizer.max_norm, 0, 1e18);
  read_between(table, "lookahead_steps", optimizer.lookahead_steps, 0, 1e18);
  read_between(table, "lookahead_decay", optimizer.lookahead_decay, 0, 1);
  table.read("frozen", optimizer.frozen);
  read_between(table, "frozen_from", optimizer.frozen_from, 0, 1);
  table.finish();
}

Precision precision_named(const TomlTable& table, const std::string& key, Precision before) {
  std::string name = name_of(before);
  table.read_among(key, name, {name_of(Precision::f32), name_of(Precision::bf16)});
  return name == name_of(Precision::bf16) ? Precision::bf16 : Precision::f32;
}

void read_hebbian(const TomlTable& table, recipes::HebbianRecipe& hebbian) {
  read_between(table, "epochs", hebbian.epochs, 0, kMostEpochs);
  read_between(table, "batch", hebbian.batch, 1, 1e18);
  read_shard(table, hebbian.shard);
  table.read_among("order", hebbian.order, {"all_at_once", "layer_by_layer"});
  read_between(table, "labelled_images", hebbian.labelled_images, 0, 1e18);
  hebbian.features = precision_named(table, "features", hebbian.features);
  table.finish();
}

void read_options(const TomlTable& table, Options& options) {
  for (const std::string& key : table.keys()) {
    if (key != "name") options.set(key, table.option(key));
  }
}

void read_model(const TomlTable& table, Recipe& recipe) {
  std::string name = recipe.model;
  table.read("name", name);
  if (name != recipe.model) recipe.model_options = Options{};
  recipe.model = name;
  read_options(table, recipe.model_options);
}

}  // namespace

const std::vector<std::string>& scale_names() {
  static const std::vector<std::string> names{"smoke", "desk", "paper"};
  return names;
}

void apply_layer(Recipe& recipe, const TomlTable& layer) {
  layer.read_among("procedure", recipe.procedure, procedures::names());
  if (const auto model = layer.table("model")) read_model(*model, recipe);
  layer.read("dataset", recipe.dataset);
  read_between(layer, "train_images", recipe.train_images, 0, 1e18);
  read_between(layer, "test_images", recipe.test_images, 0, 1e18);
  read_between(layer, "held_out_images", recipe.held_out_images, 0, 1e18);
  layer.read("preprocessing", recipe.preprocessing);
  layer.read("augmentation", recipe.augmentation);
  read_between(layer, "batch", recipe.batch, 1, 1e18);
  read_shard(layer, recipe.shard);
  if (layer.has("epochs")) recipe.steps = 0;
  read_between(layer, "epochs", recipe.epochs, 0, kMostEpochs);
  read_between(layer, "steps", recipe.steps, 0, 1e18);
  recipe.precision = precision_named(layer, "precision", recipe.precision);
  if (const auto hebbian = layer.table("hebbian")) read_hebbian(*hebbian, recipe.hebbian);
  if (const auto optimizer = layer.table("optimizer")) read_optimizer(*optimizer, recipe.optimizer);
  read_between(layer, "label_smoothing", recipe.label_smoothing, 0, 0.999);
  layer.read("drop_last", recipe.drop_last);
  read_between(layer, "test_views", recipe.test_views, 0, 2);
  read_between(layer, "evaluations", recipe.evaluations, 1, 1e18);
  layer.read("analyses", recipe.analyses);
  const std::vector<std::string> known = analyses::analysis_names();
  for (const std::string& analysis : recipe.analyses) {
    if (std::find(known.begin(), known.end(), analysis) == known.end()) {
      layer.refuse("analyses", fmt::format("some of {}", fmt::join(known, ", ")), fmt::format("\"{}\"", analysis), "Correct the name");
    }
  }
  if (const auto analysis = layer.table("analysis")) read_options(*analysis, recipe.analysis_options);
  layer.read("reports", recipe.reports);
  std::vector<std::string> deviations;
  layer.read("deviations", deviations);
  recipe.deviations.insert(recipe.deviations.end(), deviations.begin(), deviations.end());
}

void apply_override(Recipe& recipe, const std::string& key, const std::string& value) {
  if (key.empty() || key.front() == '.' || key.back() == '.' || key.find("..") != std::string::npos) {
    throw InputError(Complaint{fmt::format("--set {}={}", key, value), "a key such as optimizer.max_norm", fmt::format("'{}'", key),
                               "See the keys in experiment.toml"});
  }
  toml::table holder;
  const bool one_line = value.find('\n') == std::string::npos;
  try {
    if (one_line) holder = toml::parse("value = " + value);
  } catch (const toml::parse_error&) {
    holder.clear();
  }
  if (holder.empty()) holder.insert("value", value);

  toml::table layer;
  toml::table* inner = &layer;
  std::istringstream parts(key);
  std::string part, following;
  std::getline(parts, part, '.');
  while (std::getline(parts, following, '.')) {
    inner = inner->insert(part, toml::table{}).first->second.as_table();
    part = following;
  }
  inner->insert(part, *holder.get("value"));

  const std::string before = to_toml(recipe);
  const TomlTable table(layer, "--set", "");
  apply_layer(recipe, table);
  table.finish();
  if (to_toml(recipe) != before && key != "deviations") note_by_hand(recipe.deviations, key, value);
}

void check_recipe(const Recipe& recipe) {
  const std::string thing = fmt::format("recipe of {}/{} at scale {}", recipe.paper, recipe.trial, recipe.scale);
  const auto require = [&](bool holds, const std::string& expected, const std::string& found, const char* fix) {
    if (!holds) throw InputError(Complaint{thing, expected, found, fix});
  };
  require(!recipe.model.empty(), "a model", "none", "Set model.name");
  require(!recipe.dataset.empty(), "a data set", "none", "Set dataset");
  require(recipe.steps > 0 || recipe.epochs > 0, "a length of at least one step", "0 epochs and 0 steps", "Set epochs or steps");
  require(recipe.shard <= recipe.batch, "shards no larger than the batch", fmt::format("shard {} and batch {}", recipe.shard, recipe.batch),
          "Lower shard, or say shard = \"auto\"");
  require(!procedures::of(recipe).has_plastic_phase || recipe.hebbian.shard <= recipe.hebbian.batch,
          "Hebbian shards no larger than the Hebbian batch",
          fmt::format("shard {} and batch {}", recipe.hebbian.shard, recipe.hebbian.batch), "Lower hebbian.shard");
  require(procedures::of(recipe).takes_augmentation || recipe.augmentation.empty(),
          fmt::format("no augmentation under procedure {}: its features are computed once", recipe.procedure), "augmentation",
          "Set augmentation = []");
  require(recipe.test_views == 0 || procedures::of(recipe).takes_test_views, "test_views = 0 under procedure " + recipe.procedure,
          fmt::format("{}", recipe.test_views), "Set test_views = 0");
  require(recipe.optimizer.learning_rate.value > 0, "a learning rate above 0 (a new kind of schedule begins with none)",
          fmt::format("{}", recipe.optimizer.learning_rate.value), "Set optimizer.learning_rate.value");
  recipe.optimizer.learning_rate.at(0, 1);
  recipe.optimizer.momentum.at(0, 1);
}

}  // namespace reprise::catalog
