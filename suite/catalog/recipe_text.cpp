#include "suite/catalog/recipe_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <map>
#include <utility>

#include "suite/catalog/evaluation_toml.hpp"
#include "suite/catalog/old_recipe.hpp"
#include "suite/catalog/phase_toml.hpp"
#include "suite/catalog/probe_toml.hpp"
#include "suite/catalog/recipe_toml.hpp"
#include "suite/catalog/rule_toml.hpp"
#include "suite/catalog/stage_toml.hpp"
#include "suite/catalog/toml_text.hpp"
#include "suite/procedures/procedure.hpp"
#include "suite/recipes/fields.hpp"

namespace reprise::catalog {
namespace {

using recipes::Field;
using recipes::Options;
using recipes::Recipe;

std::string key_text(const std::string& key) {
  const bool bare =
      !key.empty() && key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == std::string::npos;
  return bare ? key : quoted(key);
}

template <typename List, typename Write>
std::string list_text(const List& list, Write write) {
  std::string out = "[";
  for (std::size_t i = 0; i < list.size(); ++i) out += (i ? ", " : "") + write(list[i]);
  return out + "]";
}

std::string text_of(const std::vector<std::string>& list) {
  return list_text(list, quoted);
}
std::string text_of(const std::vector<double>& list) {
  return list_text(list, [](double value) {
    const std::string text = number_toml(value);
    return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;  // lists are numbers whatever their spelling
  });
}

/// The value of a row as TOML, on one line.
struct ValueText {
  const Field& field;

  std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
  std::string operator()(const int* value) const { return fmt::format("{}", *value); }
  std::string operator()(const std::int64_t* value) const {
    return *value == 0 && field.word_for_zero != nullptr ? quoted(field.word_for_zero) : fmt::format("{}", *value);
  }
  std::string operator()(const double* value) const { return number_toml(*value); }
  std::string operator()(const std::string* value) const { return quoted(*value); }
  std::string operator()(const Precision* value) const { return quoted(name_of(*value)); }
  std::string operator()(const std::vector<double>* value) const { return text_of(*value); }
  std::string operator()(const std::vector<std::string>* value) const {
    return field.stages ? list_text(*value, stage_toml) : text_of(*value);
  }
  std::string operator()(const std::vector<recipes::Deviation>* value) const {
    return list_text(*value, [](const recipes::Deviation& deviation) {
      if (deviation.keys.empty()) return quoted(deviation.text);
      return fmt::format("{{ text = {}, keys = {} }}", quoted(deviation.text), text_of(deviation.keys));
    });
  }
  std::string operator()(const std::vector<recipes::PhaseRecipe>* value) const { return list_text(*value, phase_toml); }
  std::string operator()(const std::vector<recipes::EvaluationRecipe>* value) const { return list_text(*value, evaluation_toml); }
  std::string operator()(const std::vector<recipes::ProbeRecipe>* value) const { return list_text(*value, probe_toml); }
  std::string operator()(const std::vector<optimizers::Rule>* value) const { return list_text(*value, rule_toml); }
  std::string operator()(const std::map<std::string, std::string>* value) const {
    std::vector<std::string> parts;
    for (const auto& [key, text] : *value) parts.push_back(fmt::format("{} = {}", key_text(key), quoted(text)));
    return fmt::format("{{ {} }}", fmt::join(parts, ", "));
  }
  std::string operator()(const Options*) const { return ""; }  // has lines of its own
};

std::string option_text(const Options::Value& value) {
  struct Write {
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
    std::string operator()(double v) const { return number_toml(v); }
    std::string operator()(const std::string& v) const { return quoted(v); }
    std::string operator()(const std::vector<double>& v) const { return text_of(v); }
    std::string operator()(const std::vector<std::string>& v) const { return text_of(v); }
  };
  return std::visit(Write{}, value);
}

/// Key and value as TOML, in order: one pair for each row that is written, one for each option.
std::vector<std::pair<std::string, std::string>> lines_of(const Recipe& recipe, bool words) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Field& field : recipes::fields()) {
    if ((field.role == recipes::Role::word) != words || !recipes::is_written(field, recipe)) continue;
    if (field.plastic && !procedures::of(recipe).has_plastic_phase) continue;
    const Field::Place place = field.place(recipe);
    if (const auto* options = std::get_if<Options*>(&place)) {
      for (const auto& [key, value] : (*options)->values()) lines.emplace_back(field.table() + key_text(key), option_text(value));
    } else {
      lines.emplace_back(field.key, std::visit(ValueText{field}, place));
    }
  }
  return lines;
}

/// Lines as TOML, "[table]" where a new one begins.
std::string toml_of(const std::vector<std::pair<std::string, std::string>>& lines, std::string table) {
  std::string out;
  for (const auto& [key, value] : lines) {
    const std::size_t quote = key.find('"');
    const std::size_t dot = key.rfind('.', quote);
    const std::string inner = dot == std::string::npos ? "" : key.substr(0, dot);
    if (!inner.empty() && inner != table) out += fmt::format("\n[{}]\n", inner);
    table = inner;
    out += fmt::format("{} = {}\n", dot == std::string::npos ? key : key.substr(dot + 1), value);
  }
  return out;
}

}  // namespace

std::string settings_text(const Recipe& recipe) {
  return toml_of(lines_of(recipe, false), "");
}

std::string to_toml(const Recipe& recipe) {
  return settings_text(recipe) + "\n[words]\n" + toml_of(lines_of(recipe, true), "");
}

Recipe recipe_from_toml(const std::string& text) {
  Recipe recipe = stored_recipe(text, Strictness::strict);
  check_recipe(recipe);
  return recipe;
}

Recipe stored_recipe(const std::string& text, Strictness strictness) {
  toml::table parsed = parse_toml_text(text, "recipe");
  if (is_old_form(parsed)) to_present_form(parsed);
  const TomlTable table(parsed, "recipe", "");
  Recipe recipe;
  read_fields(table, "", {recipes::Role::name, recipes::Role::setting}, recipe, strictness);
  if (const auto words = table.table("words")) {
    read_fields(*words, "", {recipes::Role::word}, recipe, strictness);
    if (strictness == Strictness::strict) words->finish();
  }
  if (strictness == Strictness::strict) table.finish();
  return recipe;
}

std::string value_text(const Field& field, const Recipe& recipe) {
  return std::visit(ValueText{field}, field.place(recipe));
}

std::vector<FieldDifference> compare_recipes(const Recipe& a, const Recipe& b) {
  std::map<std::string, std::pair<std::string, std::string>> values;
  std::vector<std::string> order;
  for (const bool words : {false, true}) {
    for (const auto& [key, value] : lines_of(a, words)) order.push_back(key), values[key].first = value;
    for (const auto& [key, value] : lines_of(b, words)) {
      if (!values.contains(key)) order.push_back(key);
      values[key].second = value;
    }
  }
  std::vector<FieldDifference> differences;
  for (const std::string& key : order) {
    const auto& [in_a, in_b] = values.at(key);
    const Field* field = recipes::find_field(key);
    if (in_a != in_b) differences.push_back({key, in_a, in_b, field != nullptr && field->role == recipes::Role::word});
  }
  return differences;
}

}  // namespace reprise::catalog
