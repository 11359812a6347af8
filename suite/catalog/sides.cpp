#include "suite/catalog/sides.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace reprise::catalog {
namespace {

constexpr char kSeenThrough = '@';

bool has_evaluation(const recipes::Recipe& recipe, const std::string& name) {
  return std::any_of(recipe.final_evaluations.begin(), recipe.final_evaluations.end(),
                     [&](const recipes::EvaluationRecipe& evaluation) { return evaluation.name == name; }) ||
         std::any_of(recipe.probes.begin(), recipe.probes.end(), [&](const recipes::ProbeRecipe& probe) { return probe.name == name; });
}

std::string fault_of_trial(const Trial& trial, const Side& side, const std::vector<std::string>& scales) {
  const auto sees = [&](const recipes::Recipe& recipe) { return side.evaluation.empty() || has_evaluation(recipe, side.evaluation); };
  if (scales.empty() && std::none_of(trial.recipes.begin(), trial.recipes.end(), sees))
    return fmt::format("no evaluation '{}' of '{}'", side.evaluation, trial.name);
  for (const std::string& scale : scales) {
    const recipes::Recipe* recipe = trial.recipe_at(scale);
    if (recipe == nullptr) return fmt::format("scale {}, unknown to '{}'", scale, trial.name);
    if (!sees(*recipe)) return fmt::format("no evaluation '{}' of '{}' at scale {}", side.evaluation, trial.name, scale);
  }
  return "";
}

}  // namespace

Side Side::parse(const std::string& text) {
  const std::size_t mark = text.find(kSeenThrough);
  if (mark == std::string::npos) return {text};
  return {text.substr(0, mark), text.substr(mark + 1)};
}

std::string Side::text() const {
  return evaluation.empty() ? name : name + kSeenThrough + evaluation;
}

std::vector<RunsOfTrial> runs_behind(const Paper& paper, const std::string& side) {
  const Side parsed = Side::parse(side);
  const Ensemble* ensemble = paper.find_ensemble(parsed.name);
  if (ensemble == nullptr) return {{parsed.name}};
  std::vector<RunsOfTrial> runs;
  for (const std::string& member : ensemble->members) {
    const std::string name = Side::parse(member).name;
    if (std::none_of(runs.begin(), runs.end(), [&](const RunsOfTrial& other) { return other.trial == name; }))
      runs.push_back({name, ensemble->seeds});
  }
  return runs;
}

std::vector<std::string> trials_behind(const Paper& paper, const std::string& side) {
  std::vector<std::string> trials;
  for (const RunsOfTrial& runs : runs_behind(paper, side)) trials.push_back(runs.trial);
  return trials;
}

std::string fault_of_side(const Paper& paper, const std::string& side, const std::vector<std::string>& scales) {
  const Side parsed = Side::parse(side);
  if (const Trial* trial = paper.find_trial(parsed.name)) return fault_of_trial(*trial, parsed, scales);
  const Ensemble* ensemble = paper.find_ensemble(parsed.name);
  if (ensemble == nullptr) return fmt::format("no trial or ensemble '{}'", parsed.name);
  if (!parsed.evaluation.empty()) return fmt::format("an evaluation of the ensemble '{}', whose members name theirs", parsed.name);
  for (const std::string& member : ensemble->members)
    if (std::string fault = fault_of_side(paper, member, scales); !fault.empty()) return fault;
  return "";
}

std::string tested_on(const recipes::Recipe& recipe, const std::string& evaluation) {
  const auto probe =
      std::find_if(recipe.probes.begin(), recipe.probes.end(), [&](const recipes::ProbeRecipe& other) { return other.name == evaluation; });
  if (probe != recipe.probes.end()) return probe->dataset.empty() ? recipe.dataset : probe->dataset;
  for (const recipes::EvaluationRecipe& other : recipe.final_evaluations)
    if (other.name == evaluation && !other.dataset.empty()) return other.dataset;
  return recipe.surrogate.classes > 0 ? "surrogate classes of " + recipe.dataset : recipe.dataset;
}

}  // namespace reprise::catalog
