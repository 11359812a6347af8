#include "suite/catalog/phase_toml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/catalog/toml_text.hpp"

namespace reprise::catalog {
namespace {

using recipes::PhaseRecipe;

PhaseRecipe read_phase(const TomlTable& table) {
  PhaseRecipe phase;
  phase.name = table.required_text("name");
  phase.share = table.required_number("share");
  table.read_among("heads", phase.heads, {"all", "main"});
  table.read("rate", phase.rate);
  table.read("factor", phase.factor);
  table.read("milestones", phase.milestones);
  const auto require = [&](bool holds, const char* key, const char* expected, double found) {
    if (!holds) table.refuse(key, expected, fmt::format("{}", found), "Correct the value");
  };
  require(phase.share > 0 && phase.share <= 1, "share", "above 0 and at most 1", phase.share);
  require(phase.rate >= 0, "rate", "at least 0", phase.rate);
  for (const double milestone : phase.milestones) require(milestone > 0 && milestone < 1, "milestones", "between 0 and 1", milestone);
  if (phase.rate == 0 && !phase.milestones.empty())
    table.refuse("milestones", "a rate that falls at them", "no rate", "Give the phase a rate, or use optimizer.learning_rate");
  table.finish();
  return phase;
}

}  // namespace

std::vector<PhaseRecipe> read_phases(const TomlTable& table, const std::string& key) {
  std::vector<PhaseRecipe> phases;
  for (const TomlTable& phase : table.tables(key)) phases.push_back(read_phase(phase));
  return phases;
}

std::string phase_toml(const PhaseRecipe& phase) {
  std::string text = fmt::format("{{ name = {}, share = {}, heads = {}", quoted(phase.name), number_toml(phase.share), quoted(phase.heads));
  if (phase.rate > 0) text += ", rate = " + number_toml(phase.rate);
  if (phase.rate > 0 && !phase.milestones.empty())
    text += fmt::format(", factor = {}, milestones = [{}]", number_toml(phase.factor), fmt::join(phase.milestones, ", "));
  return text + " }";
}

}  // namespace reprise::catalog
