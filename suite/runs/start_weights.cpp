#include "suite/runs/start_weights.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "suite/catalog/catalog.hpp"
#include "suite/catalog/recipe_text.hpp"
#include "suite/catalog/recipe_toml.hpp"
#include "suite/clock.hpp"
#include "suite/errors.hpp"
#include "suite/records/result_file.hpp"
#include "suite/runs/clustered_start.hpp"
#include "suite/runs/shrunken_weights.hpp"
#include "suite/text/wildcard.hpp"

namespace reprise::runs {

namespace {

RunOptions options_of_start(const std::string& trial, const RunOptions& options, double begun) {
  RunOptions own = options;
  own.force = false;
  own.is_start = true;
  if (options.time_limit_seconds > 0) own.time_limit_seconds = std::max(1.0, options.time_limit_seconds - (now_seconds() - begun));
  if (options.progress)
    own.progress = [trial, tell = options.progress](const training::Progress& of_start) {
      training::Progress progress = of_start;
      progress.phase = fmt::format("start from {}: {}", trial, progress.phase);
      tell(progress);
    };
  return own;
}

}  // namespace

/// As it stands in the other's; with the words of today's catalog where it is today's.
recipes::Recipe recipe_of_start(const recipes::Recipe& recipe) {
  if (recipe.start.trial.empty())
    throw InputError(Complaint{fmt::format("recipe of {}/{}", recipe.paper, recipe.trial), "a trial to start from", "none", ""});
  const recipes::Recipe stored = catalog::recipe_from_toml(recipe.start.recipe);
  std::vector<catalog::Override> overrides = catalog::overrides_by_hand(recipe);
  std::erase_if(overrides, [](const catalog::Override& override) { return override.key.starts_with("start."); });
  try {
    const recipes::Recipe today = catalog::resolve(stored.paper, stored.trial, stored.scale, overrides);
    if (catalog::settings_text(today) == catalog::settings_text(stored)) return today;
  } catch (const InputError&) {  // the catalog's trial is another one today, or gone
  }
  return stored;
}

void StartWeights::fit_to(const graph::Graph& graph, const recipes::StartRecipe& recipe) {
  if (run_id.empty()) return;
  if (!recipe.shrink.empty()) weights = shrunken_weights(graph, weights, recipe);
  weights = clustered_start(graph, std::move(weights));
}

void StartWeights::put_into(graph::Parameters& parameters, const recipes::StartRecipe& recipe, ranks::Team& team) const {
  if (run_id.empty()) return;
  const std::string thing = fmt::format("start from trial '{}'", recipe.trial);
  for (const std::string& pattern : recipe.parameters) {
    bool any = false;
    for (const graph::Parameter& parameter : parameters.list()) {
      if (!text::matches(pattern, parameter.name)) continue;
      any = true;
      const auto found = weights.find(stored_name(parameter.name));
      if (found == weights.end() || found->second.shape != parameter.spec.shape)
        throw InputError(Complaint{fmt::format("{}, parameter '{}'", thing, parameter.name),
                                   fmt::format("one of shape [{}] in its net", fmt::join(parameter.spec.shape, ", ")),
                                   found == weights.end() ? "none" : fmt::format("[{}]", fmt::join(found->second.shape, ", ")),
                                   "Leave it out of start.parameters"});
      if (team.leads_node()) std::copy(found->second.values.begin(), found->second.values.end(), parameters.of(parameter));
    }
    if (!any)
      throw InputError(Complaint{thing, "patterns that match a parameter", fmt::format("'{}'", pattern), "Correct start.parameters"});
  }
  team.synchronise("weights of the start");
}

std::optional<StartWeights> start_weights(const recipes::Recipe& recipe, std::int64_t seed, const RunOptions& options) {
  StartWeights start;
  if (recipe.start.trial.empty()) return start;
  const RunSummary summary = run_trial(recipe_of_start(recipe), seed, options_of_start(recipe.start.trial, options, now_seconds()));
  if (summary.outcome == RunSummary::Outcome::stopped_early || summary.outcome == RunSummary::Outcome::stopped_at_start)
    return std::nullopt;
  start.run_id = summary.run_id;
  start.weights = records::read_result(summary.file).weights;
  return start;
}

std::string stored_name(std::string parameter) {
  std::replace(parameter.begin(), parameter.end(), '/', '.');  // "conv1/weight"
  return parameter;
}

}  // namespace reprise::runs
