// Writes a recipe as TOML, keys in a fixed order, and reads it back.

#include <fmt/format.h>

#include <cmath>

#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_toml.hpp"
#include "suite/procedures/procedure.hpp"

namespace reprise::catalog {
namespace {

using recipes::Options;
using recipes::Recipe;
using schedules::Schedule;

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// Shortest text that reads back as the same double; a whole number gets ".0" so that it stays a float.
std::string number(double value) {
  const std::string text = fmt::format("{}", value);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

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
    const std::string text = number(value);
    return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;  // lists are numbers whatever their spelling
  });
}

std::string text_of(const Options::Value& value) {
  struct Write {
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
    std::string operator()(double v) const { return number(v); }
    std::string operator()(const std::string& v) const { return quoted(v); }
    std::string operator()(const std::vector<double>& v) const { return text_of(v); }
    std::string operator()(const std::vector<std::string>& v) const { return text_of(v); }
  };
  return std::visit(Write{}, value);
}

std::string options_text(const Options& options) {
  std::string out;
  for (const auto& [key, value] : options.values()) out += fmt::format("{} = {}\n", key_text(key), text_of(value));
  return out;
}

std::string schedule_text(const char* name, const Schedule& schedule) {
  std::string out = fmt::format("\n[optimizer.{}]\n", name);
  out += fmt::format("kind = {}\n", quoted(schedule.kind));
  out += fmt::format("value = {}\n", number(schedule.value));
  if (schedule.start != 0) out += fmt::format("start = {}\n", number(schedule.start));
  out += fmt::format("final = {}\n", number(schedule.final_value));
  out += fmt::format("factor = {}\n", number(schedule.factor));
  out += fmt::format("decay_steps = {}\n", number(schedule.decay_steps));
  out += fmt::format("warmup = {}\n", number(schedule.warmup));
  return out + fmt::format("milestones = {}\n", text_of(schedule.milestones));
}

std::string optimizer_text(const optimizers::OptimizerRecipe& optimizer) {
  std::string out = "\n[optimizer]\n";
  out += fmt::format("kind = {}\n", quoted(optimizer.kind));
  out += fmt::format("nesterov = {}\n", optimizer.nesterov);
  out += fmt::format("beta1 = {}\n", number(optimizer.beta1));
  out += fmt::format("beta2 = {}\n", number(optimizer.beta2));
  out += fmt::format("epsilon = {}\n", number(optimizer.epsilon));
  out += fmt::format("weight_decay = {}\n", number(optimizer.weight_decay));
  out += fmt::format("l1 = {}\n", number(optimizer.l1));
  out += fmt::format("max_norm = {}\n", number(optimizer.max_norm));
  // Keys that came later are left out where they say nothing, so that earlier results keep their names.
  if (optimizer.lookahead_steps > 0)
    out += fmt::format("lookahead_steps = {}\nlookahead_decay = {}\n", optimizer.lookahead_steps, number(optimizer.lookahead_decay));
  if (!optimizer.frozen.empty())
    out += fmt::format("frozen = {}\nfrozen_from = {}\n", text_of(optimizer.frozen), number(optimizer.frozen_from));
  return out + schedule_text("learning_rate", optimizer.learning_rate) + schedule_text("momentum", optimizer.momentum);
}

std::string shard_text(std::int64_t shard) {
  return shard == 0 ? quoted("auto") : fmt::format("{}", shard);
}

std::string hebbian_text(const recipes::HebbianRecipe& hebbian) {
  std::string out = "\n[hebbian]\n";
  out += fmt::format("epochs = {}\n", number(hebbian.epochs));
  out += fmt::format("batch = {}\n", hebbian.batch);
  out += fmt::format("shard = {}\n", shard_text(hebbian.shard));
  out += fmt::format("order = {}\n", quoted(hebbian.order));
  out += fmt::format("labelled_images = {}\n", hebbian.labelled_images);
  return out + fmt::format("features = {}\n", quoted(name_of(hebbian.features)));
}

}  // namespace

std::string to_toml(const Recipe& recipe) {
  std::string out;
  const auto line = [&](const char* key, const std::string& value) { out += fmt::format("{} = {}\n", key, value); };
  line("paper", quoted(recipe.paper));
  line("trial", quoted(recipe.trial));
  line("scale", quoted(recipe.scale));
  line("title", quoted(recipe.title));
  line("procedure", quoted(recipe.procedure));
  line("dataset", quoted(recipe.dataset));
  line("train_images", fmt::format("{}", recipe.train_images));
  line("test_images", fmt::format("{}", recipe.test_images));
  if (recipe.held_out_images > 0) line("held_out_images", fmt::format("{}", recipe.held_out_images));
  line("preprocessing", text_of(recipe.preprocessing));
  line("augmentation", text_of(recipe.augmentation));
  line("batch", fmt::format("{}", recipe.batch));
  line("shard", shard_text(recipe.shard));
  line("epochs", number(recipe.epochs));
  line("steps", fmt::format("{}", recipe.steps));
  line("precision", quoted(name_of(recipe.precision)));
  line("label_smoothing", number(recipe.label_smoothing));
  if (recipe.drop_last) line("drop_last", "true");
  if (recipe.test_views > 0) line("test_views", fmt::format("{}", recipe.test_views));
  line("evaluations", fmt::format("{}", recipe.evaluations));
  line("analyses", text_of(recipe.analyses));
  line("reports", text_of(recipe.reports));
  line("deviations", text_of(recipe.deviations));
  out += fmt::format("\n[model]\nname = {}\n", quoted(recipe.model)) + options_text(recipe.model_options);
  out += optimizer_text(recipe.optimizer);
  if (procedures::of(recipe).has_plastic_phase) out += hebbian_text(recipe.hebbian);
  out += "\n[analysis]\n" + options_text(recipe.analysis_options);
  return out;
}

Recipe recipe_from_toml(const std::string& text) {
  const toml::table parsed = parse_toml_text(text, "recipe");
  const TomlTable table(parsed, "recipe", "");
  Recipe recipe;
  table.read("paper", recipe.paper);
  table.read("trial", recipe.trial);
  table.read_among("scale", recipe.scale, scale_names());
  table.read("title", recipe.title);
  apply_layer(recipe, table);
  table.finish();
  check_recipe(recipe);
  return recipe;
}

}  // namespace reprise::catalog
