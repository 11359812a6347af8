#include "suite/catalog/rule_toml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <utility>

#include "suite/catalog/toml_text.hpp"

namespace reprise::catalog {
namespace {

using optimizers::Rule;

/// The numbers of a rule, by key.
std::vector<std::pair<const char*, std::optional<double> Rule::*>> numbers() {
  return {
      {"rate", &Rule::rate},       {"decay", &Rule::decay},          {"rate_steps", &Rule::rate_steps}, {"rate_power", &Rule::rate_power},
      {"max_rms", &Rule::max_rms}, {"rate_until", &Rule::rate_until}};
}

Rule read_rule(const TomlTable& table) {
  Rule rule{.match = table.required_text("match")};
  for (const auto& [key, member] : numbers()) {
    double value = 0;
    if (!table.read(key, value)) continue;
    if (value < 0) table.refuse(key, "at least 0", fmt::format("{}", value), "Correct the value");
    rule.*member = value;
  }
  if (rule.rate_until && !(*rule.rate_until > 0 && *rule.rate_until <= 1))
    table.refuse("rate_until", "a share of the run, above 0 and at most 1", fmt::format("{}", *rule.rate_until), "Correct the value");
  if (table.read("frozen", rule.frozen)) {
    const std::vector<double>& frozen = rule.frozen;
    if (frozen.size() != 2 || !(0 <= frozen[0] && frozen[0] < frozen[1] && frozen[1] <= 1))
      table.refuse("frozen", "two shares of the run, from 0 to 1, the smaller one first", fmt::format("[{}]", fmt::join(frozen, ", ")),
                   "Correct the list");
  }
  if (rule.rate_steps.has_value() != rule.rate_power.has_value())
    table.refuse("", "rate_steps and rate_power, or neither", "one of them", "Give both");
  table.finish();
  return rule;
}

}  // namespace

std::vector<Rule> read_rules(const TomlTable& table, const std::string& key) {
  std::vector<Rule> rules;
  for (const TomlTable& rule : table.tables(key)) rules.push_back(read_rule(rule));
  return rules;
}

std::string rule_toml(const Rule& rule) {
  std::vector<std::string> parts{"match = " + quoted(rule.match)};
  for (const auto& [key, member] : numbers())
    if (rule.*member) parts.push_back(fmt::format("{} = {}", key, number_toml(*(rule.*member))));
  if (!rule.frozen.empty()) parts.push_back(fmt::format("frozen = [{}]", fmt::join(rule.frozen, ", ")));
  return fmt::format("{{ {} }}", fmt::join(parts, ", "));
}

}  // namespace reprise::catalog
