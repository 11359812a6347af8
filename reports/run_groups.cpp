#include "reports/run_groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "reports/text.hpp"
#include "suite/errors.hpp"

namespace reprise::reports {
namespace {

int scale_rank(const std::string& scale) {
  if (scale == "paper") return 0;
  if (scale == "desk") return 1;
  return scale == "smoke" ? 2 : 3;
}

std::size_t trial_rank(const catalog::Paper& paper, const std::string& trial) {
  const auto found = std::find_if(paper.trials.begin(), paper.trials.end(), [&](const auto& t) { return t.name == trial; });
  return static_cast<std::size_t>(found - paper.trials.begin());
}

std::optional<double> test_error(const records::RunRecord& run) {
  if (has_predictions(run)) {
    std::int64_t wrong = 0;
    for (std::size_t i = 0; i < run.test_labels.size(); ++i) wrong += run.test_labels[i] != run.test_predictions[i];
    return 100.0 * static_cast<double>(wrong) / static_cast<double>(run.test_labels.size());
  }
  const auto found = run.metrics.find("test_error");
  if (found == run.metrics.end() || found->second.values.empty()) return std::nullopt;
  return found->second.values.back();
}

bool is_by_hand(const std::string& deviation) {
  return deviation.starts_with(recipes::kSetByHand);
}

// The catalog's words about a recipe are no part of what is computed; what was set by hand stays.
std::string without_words(recipes::Recipe recipe) {
  recipe.title.clear();
  std::erase_if(recipe.deviations, [](const std::string& deviation) { return !is_by_hand(deviation); });
  return catalog::to_toml(recipe);
}

struct StoredRecipe {
  std::string settings;                 ///< without words; the text itself where this version cannot read it
  std::vector<std::string> deviations;  ///< its words
  Precision precision = Precision::f32;
};

StoredRecipe read_stored(const std::string& recipe_toml) {
  try {
    const recipes::Recipe recipe = catalog::recipe_from_toml(recipe_toml);
    return {without_words(recipe), recipe.deviations, recipe.precision};
  } catch (const InputError&) {
    return {recipe_toml, {}, {}};
  }
}

const recipes::Recipe* recipe_of_today(const catalog::Paper& paper, const std::string& trial_name, const std::string& scale) {
  const catalog::Trial* trial = paper.find_trial(trial_name);
  return trial ? trial->recipe_at(scale) : nullptr;
}

// Only of recipes in which nothing but the precision was set by hand: what the catalog would make of others today is not known here.
void compare_with_today(const catalog::Paper& paper, const StoredRecipe& stored, RunGroup& group) {
  const RecipeFacts& facts = group.recipe;
  if (facts.dataset_by_hand || !facts.settings_by_hand.empty()) return;
  const recipes::Recipe* today = recipe_of_today(paper, group.trial, group.scale);
  if (!today) return;
  recipes::Recipe same = *today;
  if (facts.precision_by_hand) {
    same.precision = stored.precision;
    same.deviations.push_back(recipes::kSetByHand + "precision=" + facts.precision);
  }
  group.earlier_recipe = stored.settings != without_words(same);
  if (!group.earlier_recipe) group.deviations = today->deviations;
}

// What a run says of itself beyond the words of its recipe, an analysis perhaps.
void add_own_deviations(const records::RunRecord& run, const std::vector<std::string>& of_recipe, RunGroup& group) {
  const auto holds = [&](const std::vector<std::string>& list, const std::string& text) {
    return std::find(list.begin(), list.end(), text) != list.end();
  };
  for (const std::string& deviation : run.deviations)
    if (!is_by_hand(deviation) && !holds(of_recipe, deviation) && !holds(group.deviations, deviation))
      group.deviations.push_back(deviation);
}

}  // namespace

std::string RunGroup::variation() const {
  std::vector<std::string> parts = recipe.settings_by_hand;
  if (recipe.precision != "f32" || recipe.precision_by_hand) parts.push_back(recipe.precision);
  return joined(parts, "; ");
}

const records::RunRecord* RunGroup::with_seed(std::int64_t seed) const {
  for (const records::RunRecord* run : runs) {
    if (run->seed == seed) return run;
  }
  return nullptr;
}

bool has_predictions(const records::RunRecord& run) {
  return !run.test_labels.empty() && run.test_labels.size() == run.test_predictions.size();
}

bool is_error_of_predictions(const std::string& metric) {
  return metric == "test_error" || metric == "top1_error";
}

bool is_accuracy_of_predictions(const std::string& metric) {
  return metric == "test_accuracy" || metric == "top1_accuracy";
}

bool higher_is_better(const std::string& metric) {
  const metrics::Metric* known = metrics::find_if_known(metric);
  return known != nullptr && known->better == metrics::Better::higher;
}

std::optional<double> value_of(const records::RunRecord& run, const std::string& metric) {
  if (is_error_of_predictions(metric) || is_accuracy_of_predictions(metric)) {
    const std::optional<double> error = test_error(run);
    if (!error) return std::nullopt;
    return is_accuracy_of_predictions(metric) ? 100 - *error : *error;
  }
  if (const auto scalar = run.results.find(metric); scalar != run.results.end()) return scalar->second.value;
  for (const auto* all : {&run.metrics, &run.timing}) {
    const auto series = all->find(metric);
    if (series != all->end() && !series->second.values.empty()) return series->second.values.back();
  }
  return std::nullopt;
}

namespace {

/// CF writes 1 for a plain number; a report writes nothing.
std::string shown_unit(std::string_view unit) {
  return unit == "1" ? "" : std::string(unit);
}

}  // namespace

std::string unit_of(const std::vector<const records::RunRecord*>& runs, const std::string& metric) {
  if (is_error_of_predictions(metric) || is_accuracy_of_predictions(metric)) return "percent";
  for (const records::RunRecord* run : runs) {
    if (const auto result = run->results.find(metric); result != run->results.end() && !result->second.unit.empty())
      return shown_unit(result->second.unit);
    if (const auto series = run->metrics.find(metric); series != run->metrics.end()) return shown_unit(series->second.unit);
    if (const auto series = run->timing.find(metric); series != run->timing.end()) return shown_unit(series->second.unit);
  }
  const metrics::Metric* known = metrics::find_if_known(metric);  // of files of schema 1
  return known != nullptr ? shown_unit(known->unit) : "";
}

std::string file_name(const records::RunRecord& run) {
  return fmt::format("{}/{}/{}.h5", run.paper, run.trial, run.run_id);
}

std::vector<RunGroup> group_runs(const catalog::Paper& paper, const std::vector<const records::RunRecord*>& runs,
                                 std::vector<LeftOut>& left_out) {
  std::map<std::tuple<std::string, std::string, std::string, int>, RunGroup> groups;
  for (const records::RunRecord* run : runs) {
    const StoredRecipe stored = read_stored(run->recipe_toml);
    const auto key = std::make_tuple(run->trial, run->scale, stored.settings, run->answer_version());
    auto found = groups.find(key);
    if (found == groups.end()) {
      try {
        RunGroup group{run->trial, run->scale, read_recipe_facts(run->recipe_toml, file_name(*run) + ", /recipe"), {}};
        group.answer_version = run->answer_version();
        group.deviations = group.recipe.deviations;
        compare_with_today(paper, stored, group);
        found = groups.emplace(key, std::move(group)).first;
      } catch (const InputError& error) {
        left_out.push_back({file_name(*run), error.what()});
        continue;
      }
    }
    RunGroup& group = found->second;
    add_own_deviations(*run, stored.deviations, group);
    const auto first = std::find_if(group.runs.begin(), group.runs.end(), [&](const auto* other) { return other->seed == run->seed; });
    if (first == group.runs.end()) {
      group.runs.push_back(run);
      continue;
    }
    const records::RunRecord* left = run;
    const recipes::Recipe* today = recipe_of_today(paper, run->trial, run->scale);
    if (today && stored.deviations == today->deviations) std::swap(*first, left);  // the newer wording is of the newer run
    left_out.push_back(
        {file_name(*left),
         fmt::format("same recipe and seed ({}) as {}.h5, by another version of the code, of the data or of the catalog's words",
                     left->seed, (*first)->run_id)});
  }
  std::vector<RunGroup> ordered;
  for (auto& [key, group] : groups) ordered.push_back(std::move(group));
  const auto place = [&](const RunGroup& g) {
    return std::make_tuple(trial_rank(paper, g.trial), g.trial, scale_rank(g.scale), g.recipe.dataset_by_hand, g.recipe.dataset,
                           g.recipe.settings_by_hand.size(), g.variation(), g.outdated(), -g.answer_version,
                           -static_cast<int>(g.runs.size()), g.runs.front()->recipe_toml);
  };
  std::sort(ordered.begin(), ordered.end(), [&](const RunGroup& a, const RunGroup& b) { return place(a) < place(b); });
  for (RunGroup& group : ordered) {
    std::sort(group.runs.begin(), group.runs.end(), [](const auto* a, const auto* b) { return a->seed < b->seed; });
  }
  return ordered;
}

}  // namespace reprise::reports
