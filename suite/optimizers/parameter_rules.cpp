#include "suite/optimizers/parameter_rules.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "suite/errors.hpp"
#include "suite/text/suggestion.hpp"
#include "suite/text/wildcard.hpp"

namespace reprise::optimizers {
namespace {

/// The few of the names that take the fewest edits to become the pattern.
std::vector<std::string> nearest_names(const std::string& pattern, std::vector<std::string> names) {
  constexpr std::size_t kShown = 5;
  std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return text::edit_distance(a, pattern) < text::edit_distance(b, pattern);
  });
  names.resize(std::min(names.size(), kShown));
  return names;
}

void apply(const Rule& rule, const layers::ParameterSpec& spec, ParameterSetting& setting) {
  if (rule.rate) setting.rate = spec.rate_multiplier * *rule.rate;
  if (rule.decay) setting.decay = spec.decay_multiplier * *rule.decay, setting.l1 = *rule.decay;
  if (rule.rate_steps) setting.rate_steps = *rule.rate_steps;
  if (rule.rate_power) setting.rate_power = *rule.rate_power;
  if (rule.max_rms) setting.max_rms = *rule.max_rms;
  if (rule.rate_until) setting.rate_until = *rule.rate_until;
  if (rule.frozen.size() == 2) setting.frozen_from = rule.frozen[0], setting.frozen_until = rule.frozen[1];
}

}  // namespace

std::vector<Rule> rules_of_part(const std::vector<Rule>& rules, const graph::Parameters& whole, const graph::Parameters& part) {
  const auto matches_some = [](const Rule& rule, const graph::Parameters& parameters) {
    return std::any_of(parameters.list().begin(), parameters.list().end(),
                       [&](const graph::Parameter& parameter) { return text::matches(rule.match, parameter.name); });
  };
  std::vector<Rule> kept;
  for (const Rule& rule : rules)
    if (matches_some(rule, part) || !matches_some(rule, whole)) kept.push_back(rule);
  return kept;
}

double ParameterSetting::rate_at(std::int64_t step) const {
  return rate_steps > 0 ? rate * std::pow(1 + static_cast<double>(step) / rate_steps, -rate_power) : rate;
}

double ParameterSetting::scheduled_rate(double first, double now, std::int64_t step, std::int64_t total_steps) const {
  return rate_until > 0 ? first * (1 - static_cast<double>(step) / (rate_until * static_cast<double>(total_steps))) : now;
}

bool ParameterSetting::is_frozen(std::int64_t step, std::int64_t total_steps) const {
  const double now = static_cast<double>(step), total = static_cast<double>(total_steps);
  if (rate_until > 0 && now >= rate_until * total) return true;
  return frozen_until > frozen_from && now >= frozen_from * total && now < frozen_until * total;
}

std::vector<ParameterSetting> parameter_settings(const OptimizerRecipe& recipe, const graph::Parameters& parameters) {
  std::vector<ParameterSetting> settings;
  std::vector<std::string> names, trained;
  for (const graph::Parameter& parameter : parameters.list()) {
    const layers::ParameterSpec& spec = parameter.spec;
    settings.push_back({.rate = spec.rate_multiplier, .decay = spec.decays ? spec.decay_multiplier : 0.0, .l1 = spec.decays ? 1.0 : 0.0});
    names.push_back(parameter.name);
    if (parameter.spec.trains) trained.push_back(parameter.name);
  }
  for (const std::string& name : recipe.frozen) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      throw InputError(Complaint{"optimizer.frozen", fmt::format("parameters of the net: {}", fmt::join(names, ", ")), "'" + name + "'",
                                 "Use names of this list"});
    ParameterSetting& setting = settings[static_cast<std::size_t>(found - names.begin())];
    setting.frozen_from = recipe.frozen_from, setting.frozen_until = std::numeric_limits<double>::max();
  }
  for (const Rule& rule : recipe.rules) {
    bool matches_some = false;
    for (std::size_t p = 0; p < settings.size(); ++p) {
      const layers::ParameterSpec& spec = parameters.list()[p].spec;
      if (!spec.trains || !text::matches(rule.match, names[p])) continue;
      matches_some = true;
      apply(rule, spec, settings[p]);
    }
    if (!matches_some)
      throw InputError(Complaint{fmt::format("optimizer.rule '{}'", rule.match), "a pattern that some trained parameter of the net matches",
                                 "none that does", fmt::format("Nearest names: {}", fmt::join(nearest_names(rule.match, trained), ", "))});
  }
  return settings;
}

}  // namespace reprise::optimizers
