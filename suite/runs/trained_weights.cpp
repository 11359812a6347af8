#include "suite/runs/trained_weights.hpp"

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

RunOptions options_of_other(const std::string& trial, const char* what, const RunOptions& options, double begun) {
  RunOptions own = options;
  own.force = false;
  own.gives_weights = true;
  if (options.time_limit_seconds > 0) own.time_limit_seconds = std::max(1.0, options.time_limit_seconds - (now_seconds() - begun));
  if (options.progress)
    own.progress = [trial, what, tell = options.progress](const training::Progress& of_other) {
      training::Progress progress = of_other;
      progress.phase = fmt::format("{} {}: {}", what, trial, progress.phase);
      tell(progress);
    };
  return own;
}

/// As it stands in this one's; with the words of today's catalog where it is today's.
recipes::Recipe recipe_of_other(const recipes::Recipe& recipe, const std::string& trial, const std::string& settings, const char* what) {
  if (trial.empty())
    throw InputError(
        Complaint{fmt::format("recipe of {}/{}", recipe.paper, recipe.trial), fmt::format("a trial to {}", what), "none", "Name one"});
  const recipes::Recipe stored = catalog::recipe_from_toml(settings);
  try {
    const recipes::Recipe today = catalog::resolve(stored.paper, stored.trial, stored.scale, catalog::overrides_for_others(recipe));
    if (catalog::settings_text(today) == catalog::settings_text(stored)) return today;
  } catch (const InputError&) {  // the catalog's trial is another one today, or gone
  }
  return stored;
}

/// Of a trial that is run first if its result is not there; nothing if it was stopped.
std::optional<TrainedWeights> weights_of(const recipes::Recipe& other, const char* what, std::int64_t seed, const RunOptions& options) {
  const RunSummary summary = run_trial(other, seed, options_of_other(other.trial, what, options, now_seconds()));
  if (summary.outcome == RunSummary::Outcome::stopped_early || summary.outcome == RunSummary::Outcome::stopped_at_start)
    return std::nullopt;
  return TrainedWeights{summary.run_id, records::read_result(summary.file).weights};
}

}  // namespace

recipes::Recipe recipe_of_start(const recipes::Recipe& recipe) {
  return recipe_of_other(recipe, recipe.start.trial, recipe.start.recipe, "start from");
}

recipes::Recipe recipe_of_teacher(const recipes::Recipe& recipe) {
  return recipe_of_other(recipe, recipe.teacher.trial, recipe.teacher.recipe, "learn from");
}

std::vector<recipes::Recipe> recipes_before(const recipes::Recipe& recipe) {
  std::vector<recipes::Recipe> before;
  if (!recipe.start.trial.empty()) before.push_back(recipe_of_start(recipe));
  if (!recipe.teacher.trial.empty()) before.push_back(recipe_of_teacher(recipe));
  return before;
}

void TrainedWeights::fit_to(const graph::Graph& graph, const recipes::StartRecipe& recipe) {
  if (run_id.empty()) return;
  if (!recipe.shrink.empty()) weights = shrunken_weights(graph, weights, recipe);
  weights = clustered_start(graph, std::move(weights));
}

void TrainedWeights::put_into(graph::Parameters& parameters, const recipes::StartRecipe& recipe, ranks::Team& team) const {
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

std::optional<TrainedWeights> start_weights(const recipes::Recipe& recipe, std::int64_t seed, const RunOptions& options) {
  if (recipe.start.trial.empty()) return TrainedWeights{};
  return weights_of(recipe_of_start(recipe), "start from", seed, options);
}

std::optional<TrainedWeights> teacher_weights(const recipes::Recipe& recipe, std::int64_t seed, const RunOptions& options) {
  if (recipe.teacher.trial.empty()) return TrainedWeights{};
  return weights_of(recipe_of_teacher(recipe), "teacher", seed, options);
}

std::unique_ptr<training::Teacher> make_teacher(const recipes::Recipe& recipe, const TrainedWeights& weights, const SampleShape& input,
                                                int classes, parallel::Workers& workers, ranks::Team& team) {
  if (recipe.teacher.trial.empty()) return nullptr;
  const auto put = [&](graph::Parameters& parameters) {
    weights.put_into(parameters, {.trial = recipe.teacher.trial, .recipe = {}}, team);
  };
  return std::make_unique<training::Teacher>(catalog::build_model(recipe_of_teacher(recipe), input, classes), recipe, put, workers, team);
}

std::string stored_name(std::string parameter) {
  std::replace(parameter.begin(), parameter.end(), '/', '.');  // "conv1/weight"
  return parameter;
}

}  // namespace reprise::runs
