#include "suite/catalog/recipe_toml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>
#include <type_traits>

#include "suite/analyses/analysis.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/catalog/evaluation_toml.hpp"
#include "suite/catalog/phase_toml.hpp"
#include "suite/catalog/probe_toml.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/catalog/rule_toml.hpp"
#include "suite/catalog/stage_toml.hpp"
#include "suite/errors.hpp"
#include "suite/procedures/procedure.hpp"
#include "suite/recipes/fields.hpp"
#include "suite/text/suggestion.hpp"

namespace reprise::catalog {
namespace {

using recipes::Deviation;
using recipes::Field;
using recipes::Options;
using recipes::Recipe;
using recipes::Role;

bool is_within(double value, const Field& field) {
  return field.open ? value > field.min && value < field.max : value >= field.min && value <= field.max;
}

std::string bounds_text(const Field& field) {
  if (field.max > 1e15) return fmt::format("at least {}", field.min);
  return field.open ? fmt::format("between {} and {}", field.min, field.max) : fmt::format("a number from {} to {}", field.min, field.max);
}

/// Names that only a later folder knows.
std::vector<std::string> allowed_names(const Field& field) {
  if (field.key == "procedure") return procedures::names();
  return field.key == "analyses" ? analyses::analysis_names() : field.among;
}

/// Reads one row's value from `key` of a table, and refuses what the row does not allow.
class ValueReader {
 public:
  ValueReader(const TomlTable& table, std::string key, const Field& field) : table_(table), key_(std::move(key)), field_(field) {}

  bool operator()(bool* value) const { return table_.read(key_, *value); }

  template <typename Number>
  requires std::is_arithmetic_v<Number>
  bool operator()(Number* value) const {
    const toml::node* node = table_.node(key_);
    if (node == nullptr) return false;
    if (field_.word_for_zero != nullptr && node->is_string()) {
      std::string word;
      table_.read(key_, word);
      if (word != field_.word_for_zero) refuse(fmt::format("a number, or \"{}\"", field_.word_for_zero), fmt::format("\"{}\"", word));
      *value = 0;
      return true;
    }
    table_.read(key_, *value);
    require_within(static_cast<double>(*value), fmt::format("{}", *value));
    return true;
  }

  bool operator()(std::string* value) const {
    const std::vector<std::string> allowed = allowed_names(field_);
    return allowed.empty() ? table_.read(key_, *value) : table_.read_among(key_, *value, allowed);
  }

  bool operator()(Precision* value) const {
    std::string name;
    if (!table_.read_among(key_, name, field_.among)) return false;
    *value = name == name_of(Precision::bf16) ? Precision::bf16 : Precision::f32;
    return true;
  }

  bool operator()(std::vector<double>* values) const {
    if (!table_.read(key_, *values)) return false;
    for (const double value : *values) require_within(value, fmt::format("{}", value));
    return true;
  }

  bool operator()(std::vector<std::string>* values) const {
    if (field_.stages) return read_stages(*values);
    if (!table_.read(key_, *values)) return false;
    const std::vector<std::string> allowed = allowed_names(field_);
    for (const std::string& value : *values)
      if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), value) == allowed.end())
        table_.refuse(key_, fmt::format("some of {}", fmt::join(allowed, ", ")), fmt::format("\"{}\"", value),
                      text::did_you_mean(value, allowed, "Correct the name"));
    return true;
  }

  /// Each a text, or { text = "...", keys = ["epochs"] }.
  bool operator()(std::vector<Deviation>* deviations) const {
    const char* const kForm = "a list of strings or of { text = \"...\", keys = [\"...\"] }";
    const toml::node* node = table_.node(key_);
    if (node == nullptr) return false;
    const toml::array* list = node->as_array();
    if (list == nullptr) refuse(kForm, type_of(*node));
    if (!field_.adds_up) deviations->clear();
    for (const toml::node& element : *list) {
      Deviation deviation;
      if (const toml::table* inner = element.as_table()) {
        const TomlTable described(*inner, table_.file(), table_.place(key_));
        deviation.text = described.required_text("text");
        described.read("keys", deviation.keys);
        described.finish();
        for (const std::string& key : deviation.keys)
          if (!is_key_or_table(key)) described.refuse("keys", "keys of the recipe", fmt::format("\"{}\"", key), "Correct the key");
      } else if (element.is_string()) {
        deviation.text = *element.value<std::string>();
      } else {
        refuse(kForm, "in it " + type_of(element));
      }
      deviations->push_back(std::move(deviation));
    }
    return true;
  }

  bool operator()(std::vector<recipes::PhaseRecipe>* phases) const {
    if (table_.node(key_) == nullptr) return false;
    *phases = read_phases(table_, key_);
    return true;
  }

  bool operator()(std::vector<recipes::EvaluationRecipe>* evaluations) const {
    if (table_.node(key_) == nullptr) return false;
    *evaluations = read_evaluations(table_, key_);
    return true;
  }

  bool operator()(std::vector<recipes::ProbeRecipe>* probes) const {
    if (table_.node(key_) == nullptr) return false;
    *probes = read_probes(table_, key_);
    return true;
  }

  bool operator()(std::vector<optimizers::Rule>* rules) const {
    if (table_.node(key_) == nullptr) return false;
    *rules = read_rules(table_, key_);
    return true;
  }

  bool operator()(std::map<std::string, std::string>* texts) const {
    const auto inner = table_.table(key_);
    if (!inner) return false;
    texts->clear();
    for (const std::string& key : inner->keys()) (*texts)[key] = inner->required_text(key);
    return true;
  }

  /// Every key that no row of the table names.
  bool operator()(Options* options) const {
    for (const std::string& key : table_.keys())
      if (const Field* named = recipes::find_field(field_.table() + key); named == &field_) options->set(key, table_.option(key));
    return true;
  }

 private:
  bool read_stages(std::vector<std::string>& stages) const {
    const toml::node* node = table_.node(key_);
    if (node == nullptr) return false;
    const char* const kForm = "a list of strings or of { name = { key = value } }";
    const toml::array* list = node->as_array();
    if (list == nullptr) refuse(kForm, type_of(*node));
    stages.clear();
    for (const toml::node& element : *list) {
      const std::optional<std::string> stage = stage_text(element);
      if (!stage) refuse(kForm, "in it " + type_of(element));
      stages.push_back(*stage);
    }
    return true;
  }

  static bool is_key_or_table(const std::string& key) {
    return std::any_of(recipes::fields().begin(), recipes::fields().end(),
                       [&](const Field& field) { return field.key.starts_with(key + ".") || recipes::find_field(key) != nullptr; });
  }

  [[noreturn]] void refuse(const std::string& expected, const std::string& found) const {
    table_.refuse(key_, expected, found, "Correct the value");
  }

  void require_within(double value, const std::string& found) const {
    if (!is_within(value, field_)) refuse(bounds_text(field_), found);
  }

  const TomlTable& table_;
  std::string key_;
  const Field& field_;
};

void read_field(const TomlTable& table, const std::string& key, const Field& field, Recipe& recipe) {
  if (field.clears != nullptr && table.has(key)) recipes::reset(*recipes::find_field(field.clears), recipe);
  const Recipe before = field.restarts ? recipe : Recipe{};
  const bool given = std::visit(ValueReader(table, key, field), field.at(recipe));
  if (given && field.restarts && !recipes::same_value(field, before, recipe)) recipes::restart_table(field, recipe);
}

}  // namespace

void read_fields(const TomlTable& table, const std::string& path, const std::vector<Role>& roles, Recipe& recipe, Strictness strictness) {
  std::set<std::string> inner_tables;
  for (const Field& field : recipes::fields()) {
    if (!field.key.starts_with(path) || std::find(roles.begin(), roles.end(), field.role) == roles.end()) continue;
    const std::string rest = field.key.substr(path.size());
    const std::string head = rest.substr(0, rest.find('.'));
    if (head == rest) {
      read_field(table, rest, field, recipe);
    } else if (inner_tables.insert(head).second) {
      const toml::node* node = table.node(head);
      const Field* value = recipes::find_field(path + head);
      if (node != nullptr && !node->is_table() && value != nullptr) {
        read_field(table, head, *value, recipe);
      } else if (const auto inner = table.table(head)) {
        read_fields(*inner, path + head + ".", roles, recipe, strictness);
        if (strictness == Strictness::strict) inner->finish();
      }
    }
  }
}

std::string allowed_text(const Field& field) {
  const std::vector<std::string> names = allowed_names(field);
  if (!names.empty()) return fmt::format("{}", fmt::join(names, ", "));
  const std::string word = field.word_for_zero != nullptr ? fmt::format(", or \"{}\"", field.word_for_zero) : "";
  return std::isfinite(field.min) ? bounds_text(field) + word : "";
}

void apply_layer(Recipe& recipe, const TomlTable& layer) {
  read_fields(layer, "", {Role::setting, Role::word}, recipe);
}

namespace {

/// "learning_rate" is a key of the table "optimizer": the whole key was meant.
void suggest_full_key(const std::string& key) {
  if (key.find('.') != std::string::npos) return;
  std::vector<std::string> meant;
  for (const Field& field : recipes::fields()) {
    if (field.role != Role::setting) continue;
    const std::string whole = field.name() == "value" ? field.table().substr(0, field.table().size() - 1) : field.key;
    if (whole == key || whole.starts_with(key + ".")) return;
    if (whole.ends_with("." + key)) meant.push_back(whole);
  }
  if (meant.empty()) return;
  throw InputError(Complaint{"--set " + key, "a key of the recipe", fmt::format("'{}', which stands in a table", key),
                             fmt::format("Did you mean '{}'?", fmt::join(meant, "' or '"))});
}

}  // namespace

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

  const std::string before = settings_text(recipe);
  const TomlTable table(layer, "--set", "");
  suggest_full_key(key);
  read_fields(table, "", {Role::setting}, recipe);
  table.finish();
  if (settings_text(recipe) != before) recipes::note_by_hand(recipe, key, value);
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
  require(procedures::of(recipe).takes_mixing || recipe.mixing.empty(), "no mixing under procedure " + recipe.procedure, "mixing",
          "Set mixing = []");
  require(procedures::of(recipe).takes_teacher || recipe.teacher.trial.empty(), "no teacher under procedure " + recipe.procedure,
          "'" + recipe.teacher.trial + "'", "Remove teacher");
  require(recipe.test_views == 0 || procedures::of(recipe).takes_test_views, "test_views = 0 under procedure " + recipe.procedure,
          fmt::format("{}", recipe.test_views), "Set test_views = 0");
  require(!recipe.top5 || procedures::of(recipe).takes_test_views, "top5 = false under procedure " + recipe.procedure, "true",
          "Set top5 = false");
  require(recipe.final_evaluations.empty() || procedures::of(recipe).takes_test_views, "no evaluation under procedure " + recipe.procedure,
          fmt::format("{}", recipe.final_evaluations.size()), "Remove evaluation");
  const auto has_name = [&](const std::string& name) {
    return std::any_of(recipe.final_evaluations.begin(), recipe.final_evaluations.end(),
                       [&](const recipes::EvaluationRecipe& evaluation) { return evaluation.name == name; });
  };
  for (const recipes::EvaluationRecipe& evaluation : recipe.final_evaluations)
    require(evaluation.dataset.empty() || recipe.held_out_images == 0,
            fmt::format("no evaluation on the test images of {} where training images are held out", evaluation.dataset),
            fmt::format("'{}' and held_out_images = {}", evaluation.name, recipe.held_out_images), "Set evaluation = [], too");
  for (const recipes::ProbeRecipe& probe : recipe.probes) {
    require(procedures::of(recipe).takes_test_views, "no probe under procedure " + recipe.procedure, fmt::format("'{}'", probe.name),
            "Remove probe");
    require(!has_name(probe.name), "names of probes that no evaluation has", fmt::format("'{}'", probe.name), "Rename one");
  }
  require(recipe.surrogate.classes == 0 || recipe.procedure == "supervised", "procedure supervised for surrogate classes", recipe.procedure,
          "Set surrogate.classes = 0");
  require(recipe.surrogate.classes != 1, "at least two surrogate classes", "1", "Raise surrogate.classes");
  double shares = 0;
  for (const recipes::PhaseRecipe& phase : recipe.phases) shares += phase.share;
  require(recipe.phases.empty() || procedures::of(recipe).takes_phases, "no phases under procedure " + recipe.procedure,
          fmt::format("{}", recipe.phases.size()), "Remove phase");
  require(recipe.phases.empty() || std::abs(shares - 1) < 1e-6, "phases whose shares add up to 1", fmt::format("{}", shares),
          "Correct the shares");
  require(recipe.optimizer.learning_rate.value > 0, "a learning rate above 0 (a new kind of schedule begins with none)",
          fmt::format("{}", recipe.optimizer.learning_rate.value), "Set optimizer.learning_rate.value");
  recipe.optimizer.learning_rate.at(0, 1);
  recipe.optimizer.momentum.at(0, 1);
}

std::vector<Override> overrides_by_hand(const recipes::Recipe& recipe) {
  std::vector<Override> in_order;
  for (const auto& [key, value] : recipe.by_hand) in_order.push_back({key, value});
  std::stable_partition(in_order.begin(), in_order.end(), [](const Override& setting) {
    const recipes::Field* field = recipes::find_field(setting.key);
    return field != nullptr && field->restarts;  // it would take back those before it
  });
  return in_order;
}

std::vector<Override> overrides_for_others(const recipes::Recipe& recipe) {
  std::vector<Override> overrides = overrides_by_hand(recipe);
  std::erase_if(overrides,
                [](const Override& override) { return override.key.starts_with("start.") || override.key.starts_with("teacher."); });
  return overrides;
}

}  // namespace reprise::catalog
